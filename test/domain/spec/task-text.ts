/** A task file that passes the linter, with front matter lines to add or replace (null removes a key). */
export const taskText = (keys: Readonly<Record<string, string | null>> = {}, body = BODY): string => {
  const lines: Record<string, string | null> = {
    task_id: '"task-001"',
    max_iterations: '30',
    max_wall_time_minutes: '120',
    max_cost_usd_estimate: '10',
    test_command: '"npm test"',
    ...keys,
  };
  const front = Object.entries(lines)
    .filter(([, value]) => value !== null)
    .map(([key, value]) => `${key}: ${value}`);
  return ['---', ...front, '---', body].join('\n');
};

export const BODY = `
# Task: Implement Foo (task-001)

### Milestone M1 — Behavior
- [ ] M1.1 Foo answers 200
  - verify: \`node verify-foo.js\` (or curl)
- [ ] M1.2 Foo answers 400
  - verify: \`node verify-bad.js\`
`;
