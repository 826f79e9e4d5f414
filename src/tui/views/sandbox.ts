import type { RunInfo } from '../../commands/app.ts';
import { sized } from '../../domain/sized.ts';
import type { NetworkMode } from '../../domain/network.ts';
import { limitsText } from '../../domain/sandbox-choice.ts';
import type { SandboxReport } from '../../engine/describe-sandbox.ts';
import { bar } from '../figures.ts';
import { documentPane, labelled, type DocInput, type DocLine, type DocTone } from './document.tsx';

/** What keeps a command away from everything else on the machine, by backend. */
const isolation: Readonly<Record<SandboxReport['backend'], string>> = {
  local: 'none: plain processes of this user on this machine',
  podman: 'a container',
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
  if (state === 'stopped') return { text: 'stopped; a run that goes on starts it again', tone: 'dim' };
  if (state === 'gone') return { text: 'gone; the run makes a new one when it goes on', tone: 'warn' };
  if (state === 'not made yet') return { text: 'not made yet', tone: 'dim' };
  return { text: `not known: ${problem ?? 'the backend does not say'}`, tone: 'bad' };
};

/** The engine took the limits, and this machine cannot hold them. */
const hasNoLimits = ({ stats, isolated }: Partial<SandboxReport>): boolean =>
  isolated === false || (stats !== undefined && stats.pidsLimit === undefined);

const resourcesOf = (report: Partial<SandboxReport>): string => {
  const { resources = {}, preset } = report;
  const asked = limitsText(resources);
  if (asked === '') return 'no limits in the task file';
  // The run itself holds the one of the disk, on every machine.
  const { diskGib: _held, ...unheld } = resources;
  const unheldText = limitsText(unheld);
  if (hasNoLimits(report) && unheldText !== '') return `${unheldText} (asked for; nothing holds them here)`;
  return preset === undefined ? asked : `${asked} (preset ${preset})`;
};

const reach: Readonly<Record<NetworkMode, string>> = {
  none: 'none: it reaches nothing but itself',
  proxy: 'proxy: its model and package registries, through the gate',
  full: 'full: whatever this machine reaches',
};
const networkOf = ({
  network,
}: Partial<SandboxReport>): { readonly text: string; readonly tone: DocTone } => {
  if (network === undefined) return { text: 'that of this machine', tone: 'bad' };
  return { text: reach[network], tone: network === 'full' ? 'warn' : 'good' };
};

const DAY_MS = 86_400_000;
const ageOf = (createdAt: string, now: number): string => {
  const days = Math.floor((now - Date.parse(createdAt)) / DAY_MS);
  return days < 1 ? 'made today' : `${days} day${days === 1 ? '' : 's'} old`;
};
const imageOf = ({ image, at = '' }: Partial<SandboxReport>): string => {
  if (image === undefined) return 'none named';
  const { name, createdAt, outdated } = image;
  if (createdAt === undefined) return name;
  return `${name}, ${ageOf(createdAt, Date.parse(at))}${outdated ? ', outdated: ralph image build' : ''}`;
};

const LABEL = 13;

interface Measure {
  readonly label: string;
  readonly used: number | undefined;
  readonly limit: number | undefined;
  readonly text: (value: number) => string;
}
const HOT = 0.9;
/** A gauge where there is a limit, else the bare figure. */
const measure = ({ label, used, limit, text }: Measure, cells: number): DocLine => {
  const name = { text: ` ${label.padEnd(LABEL)}`, tone: 'dim' } as const;
  if (used === undefined) return [name, { text: 'measuring…', tone: 'dim' }];
  if (limit === undefined || limit <= 0) return [name, { text: `${text(used)}, no limit` }];
  const share = used / limit;
  return [
    name,
    { text: bar(share, cells), tone: share >= HOT ? 'bad' : 'good' },
    { text: ` ${text(used)} of ${text(limit)}` },
  ];
};

const percent = (value: number): string => `${Math.round(value)} %`;
const count = (value: number): string => String(value);

const cellsOf = (width: number): number => Math.max(6, Math.min(24, width - 44));

const GIB = 2 ** 30;
/** Held by the run, not by the engine: it is shown where nothing runs, too. */
const diskLine = ({ boxBytes, resources }: Partial<SandboxReport>, width: number): readonly DocLine[] => {
  if (boxBytes === undefined || resources?.diskGib === undefined) return [];
  const row = { label: 'disk', used: boxBytes, limit: resources.diskGib * GIB, text: sized };
  return [measure(row, cellsOf(width))];
};

const statsLines = ({ stats }: Partial<SandboxReport>, width: number): readonly DocLine[] => {
  if (stats === undefined || stats.pids === undefined) return [];
  const cells = cellsOf(width);
  const rows: readonly Measure[] = [
    { label: 'CPU', used: stats.cpuPercent, limit: stats.cpuLimitPercent, text: percent },
    { label: 'memory', used: stats.memoryBytes, limit: stats.memoryLimitBytes, text: sized },
    { label: 'processes', used: stats.pids, limit: stats.pidsLimit, text: count },
  ];
  return rows.map((row) => measure(row, cells));
};

const gauges = (report: Partial<SandboxReport>, width: number): readonly DocLine[] => {
  const rows = [...statsLines(report, width), ...diskLine(report, width)];
  return rows.length > 0 ? [[], ...rows] : [];
};

const previewOf = ({ preview }: Partial<SandboxReport>): string => {
  if (preview === undefined) return 'not known';
  return preview ? 'the backend makes links to ports' : 'none with this backend';
};

const placesOf = ({ places = [] }: Partial<SandboxReport>, row: Row): readonly DocLine[] => [
  [],
  [{ text: ' Where its files are', tone: 'title' }],
  ...places.flatMap(({ what, path }) => row(what, path)),
];

type Row = (label: string, text: string, tone?: DocTone) => readonly DocLine[];

const boxOf = (report: Partial<SandboxReport>, row: Row): readonly DocLine[] => {
  const { text, tone } = stateOf(report);
  const network = networkOf(report);
  return [
    ...row('image', imageOf(report), report.image?.outdated ? 'warn' : undefined),
    ...row('network', network.text, network.tone),
    [],
    ...row('state', text, tone),
    ...row('id', report.id ?? '–'),
    ...row('work folder', report.workdir ?? '–'),
    ...row('limits', resourcesOf(report)),
    ...(report.readOnly ? row('read-only', 'the work tree cannot be written', 'warn') : []),
    ...row('preview', previewOf(report)),
    ...row('set up by', report.setupCommands?.join('\n') || 'no setup_commands'),
  ];
};

const lines = ({ file, run, ...room }: DocInput): readonly DocLine[] => {
  const { state } = run;
  const row: Row = (label, text, tone) =>
    labelled(` ${label.padEnd(LABEL)}`, text, { ...room, ...(tone && { tone }) });
  const known = [
    ...row('backend', state.backend, 'title'),
    ...row('isolation', isolation[state.backend], state.isolated ? 'good' : 'bad'),
    ...row('agent', `${state.agent}, ${state.profile}`),
  ];
  const report = readReport(file('@sandbox'));
  if (report === undefined) return [...known, ...row('state', 'looking…', 'dim')];
  const { diskBytes } = report;
  return [
    ...known,
    ...boxOf(report, row),
    ...gauges(report, room.width),
    [],
    ...row('owner', ownerOf(run, report.owned === true), report.owned ? 'accent' : 'dim'),
    ...row('disk use', diskBytes === undefined ? 'not known' : `${sized(diskBytes)} on this machine`),
    ...placesOf(report, row),
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
