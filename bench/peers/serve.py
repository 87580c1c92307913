"""What the peers share: does a job when asked by a line of JSON, and says how long it took and what it needed."""

import json
import resource
import sys
import time


def peak_bytes():
    try:
        with open("/proc/self/status") as status:
            return 1024 * next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))
    except OSError:
        return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def cpu_seconds():
    """Of this process and of those it had and that are done."""
    usages = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def serve(job):
    print('{"ready":true}', flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        cpu, start = cpu_seconds(), time.perf_counter()
        facts = job(request)
        wall, cpu = time.perf_counter() - start, cpu_seconds() - cpu
        print(json.dumps({"wall": wall, "cpu": cpu, "peak": peak_bytes(), **facts}), flush=True)
