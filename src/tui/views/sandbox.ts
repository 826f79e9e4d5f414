import type { RunInfo } from '../../commands/app.ts';
import type { SandboxReport } from '../../engine/describe-sandbox.ts';
import { documentPane, labelled, type DocInput, type DocLine, type DocTone } from './document.tsx';

/** What keeps a command away from everything else on the machine, by backend. */
const isolation: Readonly<Record<SandboxReport['backend'], string>> = {
  local: 'none: plain processes of this user on this machine',
  podman: 'a container without root',
  docker: 'a container',
  lima: 'a virtual machine on this machine',
  kubernetes: 'a pod of a cluster',
  daytona: 'a virtual machine of Daytona',
};

const readReport = (text: string | undefined): Partial<SandboxReport> | undefined => {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as Partial<SandboxReport>;
  } catch {
    return undefined;
  }
};

const ownerOf = ({ state }: RunInfo, owned: boolean): string => {
  if (!owned) return 'nobody works on it';
  const { runner } = state;
  if (runner === undefined) return 'a process of this machine';
  return `${runner.mode === 'foreground' ? 'a terminal (foreground)' : 'the supervisor'}, pid ${runner.pid}`;
};

const stateOf = ({
  state,
  problem,
}: Partial<SandboxReport>): { readonly text: string; readonly tone: DocTone } => {
  if (state === 'there') return { text: 'there', tone: 'good' };
  if (state === 'gone') return { text: 'gone; the run makes a new one when it goes on', tone: 'warn' };
  if (state === 'not made yet') return { text: 'not made yet', tone: 'dim' };
  return { text: `not known: ${problem ?? 'the backend does not say'}`, tone: 'bad' };
};

const resourcesOf = ({ resources = {} }: Partial<SandboxReport>): string => {
  const { vcpu, memoryGib, diskGib } = resources;
  const asked = [
    vcpu !== undefined && `${vcpu} vCPU`,
    memoryGib !== undefined && `${memoryGib} GiB memory`,
    diskGib !== undefined && `${diskGib} GiB disk`,
  ].filter(Boolean);
  return asked.length > 0 ? `${asked.join(', ')} (sandbox_resources)` : 'no limits in the task file';
};

const bytesOf = (bytes: number): string =>
  bytes >= 2 ** 30 ? `${(bytes / 2 ** 30).toFixed(1)} GiB` : `${(bytes / 2 ** 20).toFixed(1)} MiB`;

const previewOf = ({ preview }: Partial<SandboxReport>): string => {
  if (preview === undefined) return 'not known';
  return preview ? 'the backend makes links to ports' : 'none with this backend';
};

const LABEL = 13;

const lines = ({ file, run, ...room }: DocInput): readonly DocLine[] => {
  const { state } = run;
  const row = (label: string, text: string, tone?: DocTone): readonly DocLine[] =>
    labelled(` ${label.padEnd(LABEL)}`, text, { ...room, ...(tone && { tone }) });
  const known = [
    ...row('backend', state.backend, 'title'),
    ...row('isolation', isolation[state.backend], state.isolated ? 'good' : 'bad'),
    ...row('agent', `${state.agent}, ${state.profile}`),
  ];
  const report = readReport(file('@sandbox'));
  if (report === undefined) return [...known, ...row('state', 'looking…', 'dim')];
  const { text, tone } = stateOf(report);
  return [
    ...known,
    ...row('image', report.image ?? 'none named'),
    [],
    ...row('state', text, tone),
    ...row('id', report.id ?? '–'),
    ...row('work folder', report.workdir ?? '–'),
    ...row('resources', resourcesOf(report)),
    ...row('preview', previewOf(report)),
    ...row('set up by', report.setupCommands?.join('\n') || 'no setup_commands'),
    [],
    ...row('owner', ownerOf(run, report.owned === true), report.owned ? 'accent' : 'dim'),
    ...row(
      'disk use',
      report.diskBytes === undefined ? 'not known' : `${bytesOf(report.diskBytes)} on this machine`,
    ),
    [],
    [{ text: ' Where its files are', tone: 'title' }],
    ...(report.places ?? []).flatMap(({ what, path }) => row(what, path)),
  ];
};

/** Where the agent's commands run, and who works on the run. */
export const sandboxPane = documentPane({
  tab: 'sandbox',
  title: 'Sandbox',
  needs: () => ['@sandbox'],
  lines,
  text: (input) =>
    lines({ ...input, wrap: false })
      .map((line) =>
        line
          .map((span) => span.text)
          .join('')
          .trimEnd(),
      )
      .join('\n'),
});
