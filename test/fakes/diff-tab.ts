import { writeCurrentDiff } from '../../src/domain/current-diff.ts';
import type { Size } from '../../src/tui/pane.ts';
import { diffPane } from '../../src/tui/views/diff.tsx';
import type { DiffState } from '../../src/tui/views/diff-state.ts';
import { runInfo } from './fleet-frame.ts';
import { openTab } from './open-tab.tsx';

export const from = '2a996405ea5ad3b35551566085fb37bc96a85d8f';
export const to = '70b8029975a416402a996405ea5ad3b355515660';
export const lines = (n: number, make: (i: number) => string): string =>
  Array.from({ length: n }, (_, i) => `${make(i)}\n`).join('');

export const handler = `diff --git a/src/foo/handler.ts b/src/foo/handler.ts
index 1111111..2222222 100644
--- a/src/foo/handler.ts
+++ b/src/foo/handler.ts
@@ -10,4 +10,5 @@ export const handle = (request) => {
 const body = read(request);
-if (body === null) return fail(500);
+if (body === null) return fail(400);
+log('bad request');
 return ok(body);
 }
`;
export const added = (path: string, count: number): string =>
  `diff --git a/${path} b/${path}
new file mode 100644
--- /dev/null
+++ b/${path}
@@ -0,0 +1,${count} @@
${lines(count, (i) => `+line ${i + 1} of ${path}`)}`;
export const binary = `diff --git a/logo.png b/logo.png
index 5555555..6666666 100644
Binary files a/logo.png and b/logo.png differ
`;
export const patch = handler + added('src/some/deeply/nested/folder/of/components.ts', 60) + binary;
const metrics = JSON.stringify({ start_sha: from, head_sha: to });
export const current = (text: string): string =>
  writeCurrentDiff({
    kind: 'work-tree',
    from,
    to: undefined,
    iteration: 5,
    patch: text,
    cut: false,
    note: undefined,
  });

/** The diff tab of a run in its fifth iteration. */
export const openDiff = (
  more: Readonly<Record<string, string>> = {},
  size: Size = { width: 120, height: 20 },
) =>
  openTab<DiffState>(diffPane, {
    run: runInfo('04deab', { committed: 4, iteration: 5, branch: 'ralph/foo' }),
    size,
    files: {
      '@current-diff': current(patch),
      '@iterations': '1\n10\n2\n3\n3.interrupted-1\n4\n5',
      'iterations/4/git_diff.patch': handler,
      'iterations/4/metrics.json': metrics,
      'iterations/2/git_diff.patch': '',
      ...more,
    },
  });
export type DiffTab = ReturnType<typeof openDiff>;
/** The path of the open file. */
export const openPath = (tab: DiffTab): string => tab.state.file ?? 'overview';
