import os
import time

from celery import Celery

app = Celery("celery_app", broker=os.environ["CELERY_URL"])


@app.task
def mark(path):
    began = time.monotonic_ns()
    with open(path + "-draft", "w") as draft:
        draft.write(str(began))
    os.rename(path + "-draft", path)
