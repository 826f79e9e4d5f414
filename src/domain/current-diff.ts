/** What stands in the work tree of a running iteration, or in the branch of a run that nobody works on. */
export type CurrentDiff =
  | {
      readonly kind: 'work-tree' | 'branch';
      /** Commit that it is compared with. */
      readonly from: string;
      /** The branch's head; undefined for the work tree. */
      readonly to: string | undefined;
      /** The iteration that is under way; undefined for the branch. */
      readonly iteration: number | undefined;
      readonly patch: string;
      /** True when there was more than fits. */
      readonly cut: boolean;
      /** Why it is the branch although somebody works on the run. */
      readonly note: string | undefined;
    }
  | { readonly kind: 'none'; readonly why: string };

/** As one text: a line of JSON, then the patch as it is. */
export const writeCurrentDiff = (diff: CurrentDiff): string => {
  if (diff.kind === 'none') return JSON.stringify(diff);
  const { patch, ...head } = diff;
  return `${JSON.stringify(head)}\n${patch}`;
};

/** Reads what `writeCurrentDiff` wrote; anything else is a reason why there is none. */
export const readCurrentDiff = (text: string): CurrentDiff => {
  const end = text.indexOf('\n');
  try {
    const head = JSON.parse(end < 0 ? text : text.slice(0, end)) as CurrentDiff;
    if (head.kind === 'none') return head;
    return { ...head, patch: text.slice(end + 1) };
  } catch {
    return { kind: 'none', why: text };
  }
};
