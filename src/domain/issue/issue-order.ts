export interface Dependent {
  readonly number: number;
  readonly depends: readonly number[];
}

/** Groups of issues that wait for one another, each in the order of its waiting, beginning with the smallest number. */
export const issueCycles = (issues: readonly Dependent[]): readonly (readonly number[])[] => {
  const byNumber = new Map(issues.map((issue) => [issue.number, issue]));
  const settled = new Set<number>();
  const cycles: number[][] = [];
  for (const { number: start } of issues) {
    // Depth first without recursion: a chain may be as long as there are issues.
    const path: number[] = [];
    const open: { readonly number: number; next: number }[] = [];
    const enter = (number: number): void => {
      path.push(number);
      open.push({ number, next: 0 });
    };
    if (!settled.has(start)) enter(start);
    for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
      const wanted = byNumber.get(top.number)?.depends[top.next];
      top.next += 1;
      if (wanted === undefined) {
        settled.add(top.number);
        path.pop();
        open.pop();
      } else if (path.includes(wanted)) cycles.push(turned(path.slice(path.indexOf(wanted))));
      else if (byNumber.has(wanted) && !settled.has(wanted)) enter(wanted);
    }
  }
  return cycles;
};

const turned = (cycle: readonly number[]): number[] => {
  const at = cycle.indexOf(Math.min(...cycle));
  return [...cycle.slice(at), ...cycle.slice(0, at)];
};
