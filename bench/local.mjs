// A side of a comparison that needs no process of its own.
import { Bench } from 'tinybench';

/** Runs a synchronous job for 50 ms, at least twice, when asked; `wall` is the median of these, `cpu` their mean. */
export function local(job) {
  return {
    async run() {
      const burst = new Bench({ time: 50, iterations: 2, warmup: false, throws: true }).add('job', job, {
        async: false,
      });
      const before = process.cpuUsage();
      const [{ result, runs }] = await burst.run();
      const { user, system } = process.cpuUsage(before);
      return { wall: result.latency.p50 / 1000, cpu: (user + system) / 1e6 / runs };
    },
  };
}
