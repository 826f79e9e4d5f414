import type { SandboxStats } from '../../../ports/sandbox.ts';

/** The part of the engine's answer that we read; the same for cgroup v1 and v2 but for the page cache. */
export interface EngineStats {
  readonly read: string;
  readonly cpu_stats: { readonly cpu_usage: { readonly total_usage: number } };
  readonly memory_stats: {
    readonly usage?: number;
    readonly stats?: { readonly inactive_file?: number; readonly total_inactive_file?: number };
  };
  readonly pids_stats: { readonly current?: number };
}
export interface StatsLimits {
  readonly nanoCpus: number;
  readonly memory: number;
  readonly pids: number;
}
export interface CpuSample {
  readonly atMs: number;
  readonly usedNs: number;
}

const limit = (value: number): number | undefined => (value > 0 ? value : undefined);

export const sampleOf = ({ read, cpu_stats }: EngineStats): CpuSample => ({
  atMs: Date.parse(read),
  usedNs: cpu_stats.cpu_usage.total_usage,
});

const cpuPercent = (before: CpuSample, now: CpuSample): number | undefined => {
  const passedMs = now.atMs - before.atMs;
  return passedMs > 0 ? Math.max(0, ((now.usedNs - before.usedNs) / (passedMs * 1e6)) * 100) : undefined;
};

/**
 * Memory without the page cache that can be dropped at any time, as `docker stats` shows it. We always set a limit of
 * processes: where the engine has dropped it, the container has no group of its own, and what is counted is all that
 * runs on this machine.
 */
export const statsOf = (
  now: EngineStats,
  before: CpuSample | undefined,
  limits: StatsLimits,
): SandboxStats => {
  const nanoCpus = limit(limits.nanoCpus);
  const asked = {
    cpuLimitPercent: nanoCpus === undefined ? undefined : nanoCpus / 1e7,
    memoryLimitBytes: limit(limits.memory),
    pidsLimit: limit(limits.pids),
  };
  if (asked.pidsLimit === undefined)
    return { ...asked, cpuPercent: undefined, memoryBytes: undefined, pids: undefined };
  const { usage = 0, stats } = now.memory_stats;
  const cache = stats?.total_inactive_file ?? stats?.inactive_file ?? 0;
  return {
    ...asked,
    cpuPercent: before && cpuPercent(before, sampleOf(now)),
    memoryBytes: Math.max(0, usage - cache),
    pids: now.pids_stats.current ?? 0,
  };
};
