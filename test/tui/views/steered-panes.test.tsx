import { describe, expect, it } from 'vitest';
import type { PaneFacts } from '../../../src/tui/pane.ts';
import { panes } from '../../../src/tui/panes.ts';
import { type PanePlan, paneFacts, paneFrame } from '../../fakes/pane-frame.tsx';
import { files, report, steeredRun } from '../../fakes/steered-run.ts';

const at = (width: 80 | 120, more: Partial<PanePlan> = {}): PaneFacts =>
  paneFacts({ run: steeredRun(), width, height: width === 80 ? 20 : 26, files, ...more });

describe('the Guardrails tab', () => {
  it.each([120, 80] as const)('lists the signs at %d columns, without the template', (width) => {
    const frame = paneFrame(panes.guardrails, at(width));
    expect(frame).not.toContain('<short name>');
    if (width === 120)
      expect(frame).toMatchInlineSnapshot(`
      " 1 sign  in every prompt; they are only ever added. g adds one.

       ▸ no red
         when   a colour is chosen
         do     never use red, whatever the design says: people who cannot see it will not find the button they need
         since  iteration 2 · added by operator"
    `);
    else expect(frame).toContain('who cannot see it');
  });

  it('says what to press where there is none', () => {
    expect(paneFrame(panes.guardrails, at(80, { files: {} }))).toContain('g adds one');
  });
});

describe('the Notes tab', () => {
  it.each([120, 80] as const)('lists the notes at %d columns, newest first', (width) => {
    const frame = paneFrame(panes.notes, at(width));
    expect(frame.indexOf('a 400 needs')).toBeLessThan(frame.indexOf('the API is in'));
    if (width === 80)
      expect(frame).toMatchInlineSnapshot(`
      " 2 notes  read by every coming session. n adds one.
       This run takes notes only; steering_mode: guided also takes hints for one
       session.

       2026-03-01 12:03:00 UTC
         a 400 needs a body

       2026-03-01 12:00:00 UTC
         the API is in src/http
         not in src/api

       The file begins with
         # Notes"
    `);
  });

  it('tells a guided run that it takes hints', () => {
    expect(paneFrame(panes.notes, at(80, { run: steeredRun({ steering: 'guided' }) }))).toContain(
      'n, then their kind',
    );
  });
});

describe('the Diagnose tab', () => {
  it('shows at 120 columns what applying the newest report would change, and what would be refused', () => {
    expect(paneFrame(panes.diagnostics, at(120, { height: 40 }))).toMatchInlineSnapshot(`
      " Report d3-abc  after iteration 3  proposed: a applies it, D asks for a new one

       What goes wrong
         The same assertion fails in three iterations
         • verify-foo-invalid.js exits 1
         • src/foo/handler.ts flips between two versions

       Likely cause
         The box does not say which body a 400 has to carry

       Guardrails  would be added
         + look at the verifier first
           when  a verify command fails twice
           do    read scripts/verify-foo-invalid.js before changing the handler

       Task file  as it now is, and as it would be
         ralph_task.md, line 20  says what the verifier wants
           - [x] M1.1 Foo endpoint returns 200 for valid input
             - verify: \`node scripts/verify-foo.js\`
         - - [x] M1.2 Foo endpoint returns 400 for invalid input
         + - [x] M1.2 Foo endpoint returns 400 with { "error": string } for invalid input
             - verify: \`node scripts/verify-foo-invalid.js\`
           - [ ] M2.1 Unit tests were added for Foo

         ralph_task.md  clearer
         will be refused: its old text is not in the task file
         - a sentence that is not there
         + another


       Model
         default-cheap → strong, from the next session on

       Earlier report d1-xyz
         After iteration 1, by strong."
    `);
  });

  it('fits 80 columns', () => {
    expect(paneFrame(panes.diagnostics, at(80))).toMatchInlineSnapshot(`
      " Report d3-abc  after iteration 3  proposed: a applies it, D asks for a new one

       What goes wrong
         The same assertion fails in three iterations
         • verify-foo-invalid.js exits 1
         • src/foo/handler.ts flips between two versions

       Likely cause
         The box does not say which body a 400 has to carry

       Guardrails  would be added
         + look at the verifier first
           when  a verify command fails twice
           do    read scripts/verify-foo-invalid.js before changing the handler

       Task file  as it now is, and as it would be
         ralph_task.md, line 20  says what the verifier wants
           - [x] M1.1 Foo endpoint returns 200 for valid input
             - verify: \`node scripts/verify-foo.js\`
         - - [x] M1.2 Foo endpoint returns 400 for invalid input"
    `);
  });

  it('does not call an edit refused that was applied', () => {
    const run = steeredRun({ report: { id: 'd3-abc', summary: report.pattern, applied: true } });
    const frame = paneFrame(panes.diagnostics, at(120, { run, height: 40 }));
    expect(frame).toContain('Report d3-abc  after iteration 3  applied');
    expect(frame).not.toContain('refused');
  });

  it('says what to press where there is none, and shows what it can of a damaged one', () => {
    const none = steeredRun({ report: undefined });
    expect(paneFrame(panes.diagnostics, at(80, { run: none, files: {} }))).toContain('D asks a strong model');
    const damaged = { ...files, 'diagnostics/d3-abc.json': '{"pattern":' };
    expect(paneFrame(panes.diagnostics, at(80, { files: damaged }))).toContain(report.pattern);
  });
});

describe('the Sandbox tab', () => {
  it.each([120, 80] as const)('says at %d columns what it is and who works in it', (width) => {
    const frame = paneFrame(panes.sandbox, at(width));
    if (width === 80)
      expect(frame).toMatchInlineSnapshot(`
        " backend      lima
         isolation    a virtual machine on this machine
         agent        actions, default-cheap
         image        node:24, 7 days old, outdated: ralph image build
         network      proxy: its model and package registries, through the gate

         state        there
         id           box-1
         work folder  /work
         limits       2 CPUs, 4 GiB memory, 512 processes, 20 GiB disk (preset medium)
         preview      none with this backend
         set up by    npm ci

         CPU          ██████░░░░░░░░░░░░░░░░░░ 50 % of 200 %
         memory       ██████░░░░░░░░░░░░░░░░░░ 1.0 GiB of 4.0 GiB
         processes    ███████████████████████░ 500 of 512
         disk         ███████████████████████░ 19.0 GiB of 20.0 GiB

         owner        the supervisor, pid 4711
         disk use     1.1 GiB on this machine"
      `);
    else expect(frame).toContain('the supervisor, pid 4711');
  });

  it('calls no isolation by its name, and names nobody where nobody works', () => {
    const run = steeredRun({ backend: 'local', isolated: false });
    const local = {
      '@sandbox': JSON.stringify({ ...JSON.parse(files['@sandbox']), owned: false, state: 'gone' }),
    };
    const frame = paneFrame(panes.sandbox, at(80, { run, files: local }));
    expect(frame).toContain('none: plain processes of this user');
    expect(frame).toContain('nobody works on it');
    expect(frame).toContain('gone; the run makes a new one');
  });

  it('says where limits hold nothing on this machine, and shows no figures that are of something else', () => {
    const stats = { cpuPercent: undefined, memoryBytes: undefined, pids: undefined, pidsLimit: undefined };
    const unheld = { '@sandbox': JSON.stringify({ ...JSON.parse(files['@sandbox']), stats }) };
    const frame = paneFrame(panes.sandbox, at(120, { files: unheld }));
    expect(frame).toContain('512 processes (asked for; nothing holds them here)');
    expect(frame).not.toContain('memory  ');
  });

  it('says why where the backend cannot be asked, and that it looks before it knows', () => {
    const failed = { '@sandbox': JSON.stringify({ state: 'unknown', problem: 'limactl is not there' }) };
    expect(paneFrame(panes.sandbox, at(80, { files: failed }))).toContain('not known: limactl is not there');
    expect(paneFrame(panes.sandbox, at(80, { files: {} }))).toContain('looking…');
  });
});

describe('a run that lies', () => {
  const evil = '\u001B]0;owned\u0007\u001B[2J\u202Egnp.exe\u0000\u009B31m';
  const hostile = steeredRun({
    title: evil,
    detail: evil,
    branch: evil,
    profile: evil,
    boxes: { [evil]: { text: evil, checked: false } },
    pr: { number: 1, url: evil, draft: false },
    report: { id: 'd3-abc', summary: evil, applied: false },
  });
  const texts = {
    '@task': `# T\n- [ ] M1.1 ${evil}\n`,
    '@lint': JSON.stringify({
      findings: [{ level: 'error', code: 'x', line: 1, message: evil, fix: evil }],
      fallback: evil,
      testCommand: evil,
    }),
    'guardrails.md': `### sign: ${evil}\n- trigger: ${evil}\n`,
    'notes.md': `### note ${evil}\n${evil}\n`,
    'diagnostics/d3-abc.json': JSON.stringify({
      ...report,
      pattern: evil,
      model_profile: evil,
      evidence: [evil],
    }),
    'diagnostics.md': `## Report ${evil}\n${evil}\n`,
    '@sandbox': JSON.stringify({
      state: 'unknown',
      problem: evil,
      id: evil,
      at: evil,
      image: { name: evil, createdAt: evil },
      places: [{ what: 'x', path: evil }],
    }),
  };

  it.each(['overview', 'spec', 'guardrails', 'notes', 'diagnostics', 'sandbox'] as const)(
    'gets no control character and no hidden one through %s',
    (tab) => {
      const frame = paneFrame(panes[tab], at(120, { run: hostile, files: texts }));
      expect(frame).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u202E]/);
      expect(frame).not.toContain('owned');
    },
  );
});
