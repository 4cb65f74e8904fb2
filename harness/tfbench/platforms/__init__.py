"""Where a system runs: the Docker engine, the images, the Compose stack.

engine.py   an engine that answers, installed and started where that is possible
images.py   the images of compose/images.yaml, built when missing or when their inputs changed
stack.py    the stack of compose/compose.yaml: up, down, health, logs
"""
