"""What a person runs, what a hook runs and what CI runs are the same commands."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]


def _make(target: str) -> set[str]:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    recipe = re.search(rf"^{target}:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)
    assert recipe
    return {line.strip().replace("$(RUN)", ".venv/bin/") for line in recipe[1].splitlines()}


def test_the_hooks_before_commit_and_push_run_every_command_of_make_check_and_no_other() -> None:
    configuration = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    entries = [hook["entry"] for repository in configuration["repos"] for hook in repository["hooks"]]
    bare = {re.sub(r"^sh -c '(.*)'$", r"\1", entry) for entry in entries}
    assert bare == _make("check")


def test_the_sample_workflow_runs_what_ci_runs() -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    assert [step["run"] for step in steps if "run" in step] == [".ci/run"]
