"""Bring steps of the study, and the paper, up to date: one process that answers for all of them.

    python -m hotline.study --jobs 3 paper

Goals are names of steps (07-use-at_risk), of notebooks (07-use, for all its steps) or `paper`. Each step that they
need is compared with what it was made from; those with work to do run as soon as the steps before them have ended, so
many at a time, each in a process and with a kernel of its own. Where that is safe, both are forked from this process
after it has imported what the notebooks need (`kernel`).
"""

import argparse
import os
import sys
from collections.abc import Iterable

from hotline import paths
from hotline.errors import InputError, did_you_mean
from hotline.pipeline import kernel, private, schedule, step
from hotline.run import child_environment, current_run

PAPER = "paper"


def of_paper() -> list[str]:
    """Return the steps that the paper needs: without the simulator for another export, without recovery for a real one.

    A paper on real records says nothing about the simulator.
    """
    run = current_run()
    without = {"simulate"} if run.export else set()
    without |= {"recovery"} if run.private else set()
    return [name for name in schedule.runs() if name not in without]


def needed(goals: Iterable[str]) -> list[str]:
    """Return the steps that goals need, with those before them, in the order of the study.

    Raises InputError where there is no such goal.
    """
    runs, wanted = schedule.runs(), set()
    for goal in goals:
        of_goal = [name for name, (notebook, _) in runs.items() if goal in (name, notebook)]
        if goal != PAPER and not of_goal:
            raise InputError(
                f'{paths.shown(paths.PARAMS)}: no run is called "{goal}"; there are: {", ".join(runs)}'
                f"{did_you_mean(goal, runs)}. A notebook that runs once per outcome needs the list of both outcomes "
                "there"
            )
        wanted |= set(of_paper() if goal == PAPER else of_goal)
    unread = list(wanted)
    while unread:
        before = set(schedule.after(unread.pop())) - wanted
        wanted |= before
        unread += before
    return [name for name in runs if name in wanted]


def start(planned: step.Plan) -> int:
    """Start a planned step in a process of its own; return the number of the process."""
    if not kernel.can_fork():
        command = [sys.executable, "-m", "hotline.pipeline.step", planned.step]
        return os.posix_spawn(sys.executable, command, child_environment())
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            code = step.run_here(planned)
        finally:
            os._exit(code)  # at once: what this process was to do goes on in its parent
    return pid


def next_step(stale: Iterable[str], waiting: Iterable[str]) -> str:
    """Return which of the stale steps, in the order of the study, to begin with.

    First what others wait for; then from the last, since the later notebooks take longer, and what takes long should
    not run by itself at the end.
    """
    needed_first = {before for name in waiting for before in schedule.after(name)}
    return next((name for name in stale if name in needed_first), None) or list(stale)[-1]


def run_steps(names: list[str], jobs: int) -> int:
    """Bring steps up to date, so many at a time; return the exit code.

    After a failure the steps that are running go on to their end, and no other begins.
    """
    waiting, stale, running, code = list(names), {}, {}, 0
    while True:
        for name in [] if code else list(waiting):
            unfinished = {*waiting, *stale, *running.values()}
            if unfinished.intersection(schedule.after(name)):
                continue
            waiting.remove(name)
            try:
                planned = step.plan(name)
                done = step.up_to_date(planned)
            except Exception as error:
                code = private.report(error)
                break
            if done:
                print(step.up_to_date_line(planned), flush=True)
            else:
                stale[name] = planned
        if stale and not code and len(running) < jobs:
            name = next_step(stale, waiting)
            if kernel.can_fork() and (waiting or running or len(stale) > 1):
                # Once for all steps, and while those before it run. A step alone imports both sides by themselves, at
                # the same time.
                kernel.preload_runner()
                kernel.preload_kernel([stale[name].notebook])
            running[start(stale.pop(name))] = name
        elif running:
            pid, status = os.wait()
            if running.pop(pid, None):
                code = max(code, min(2, abs(os.waitstatus_to_exitcode(status))))
        else:
            return code


def main() -> int:
    """Bring the goals of the command line up to date; return the exit code."""
    parser = argparse.ArgumentParser(description="Bring steps of the study, and the paper, up to date.")
    parser.add_argument("--jobs", type=int, default=3, help="steps at a time")
    parser.add_argument("goals", nargs="+", help="steps, notebooks, or paper")
    arguments = parser.parse_args()
    private.close_to_others()
    try:
        code = run_steps(needed(arguments.goals), arguments.jobs)
        if code == 0 and PAPER in arguments.goals:
            from hotline.paper import render

            code = render.main()
        return code
    except Exception as error:
        return private.report(error)
    except KeyboardInterrupt:
        _wait_for_all()
        return 130


def _wait_for_all():
    """Wait for the steps that an interruption has reached as well; each says so itself."""
    while True:
        try:
            os.wait()
        except ChildProcessError:
            return


if __name__ == "__main__":
    ended = main()
    sys.stdout.flush()
    os._exit(ended)  # at once: to take down again what was preloaded would take a second
