import logging

from flask import Flask
from werkzeug.serving import make_server

app = Flask(__name__)
logging.getLogger("werkzeug").setLevel(logging.ERROR)


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


@app.get("/fib")
def answer():
    return {"fib": fib(30)}


server = make_server("127.0.0.1", 0, app, threaded=True)
print("ready", server.server_port, flush=True)
server.serve_forever()
