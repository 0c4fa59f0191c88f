"""`python -m benchmarks.floor accept|route|deliver`: one process of the floor, on uvloop like the product."""

from __future__ import annotations

import asyncio
import os
import sys
from importlib import import_module

import uvloop

with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
    runner.run(import_module(f"benchmarks.floor.{sys.argv[1]}").main(dict(os.environ)))
