# The program of a Python cell's process. It is started by hex-runtime with a task on descriptor 3, and
# tells what happens on descriptor 4. Any Python can read this file, so that an old one can say so.
import os
import sys


def start():
    if sys.version_info < (3, 9):
        version = ".".join(str(part) for part in sys.version_info[:3])
        os.write(4, ('{"type": "too-old", "version": "%s"}\n' % version).encode("ascii"))
        sys.exit(1)
    folder = os.path.dirname(os.path.abspath(__file__))
    package = os.path.dirname(os.path.dirname(folder))
    # A program's own folder comes first on the path, where our modules would stand before others' packages.
    sys.path[:] = [path for path in sys.path if os.path.abspath(path) != folder]
    if package not in sys.path:
        # As it is where Python heeds no PYTHONPATH.
        sys.path.insert(0, package)
    from hex_runtime.runner.process import serve

    serve()


# Pools of processes import the program's file once more.
if __name__ == "__main__":
    start()
