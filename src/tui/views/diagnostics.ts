import type { RunInfo } from '../../commands/app.ts';
import { parseDiagnosis, type Diagnosis } from '../../domain/diagnosis.ts';
import { previewSpecEdits, type EditPreview } from '../../domain/spec-edit-preview.ts';
import { readReports } from '../../domain/state-texts.ts';
import { safe } from './fleet-columns.ts';
import { documentPane, labelled, type DocInput, type DocLine, type DocTone, type Room } from './document.tsx';

const reportPath = ({ state }: RunInfo): string | undefined =>
  state.report && `diagnostics/${state.report.id}.json`;

const section = (title: string, beside = ''): readonly DocLine[] => [
  [],
  [
    { text: ` ${title}`, tone: 'title' },
    { text: beside === '' ? '' : `  ${beside}`, tone: 'dim' },
  ],
];
const bullets = (texts: readonly string[], room: Room): readonly DocLine[] =>
  texts.flatMap((text) => labelled('   • ', text, room));

const toneOfOp: Readonly<Record<EditPreview['lines'][number]['op'], DocTone>> = {
  ' ': 'dim',
  '+': 'added',
  '-': 'removed',
};

const editLines = (edit: EditPreview, room: Room, isApplied: boolean): readonly DocLine[] => {
  const place = edit.line > 0 ? `ralph_task.md, line ${edit.line}` : 'ralph_task.md';
  // What is applied stands in the file: it cannot be made again.
  const refused = isApplied ? undefined : edit.refused;
  return [
    ...labelled(`   ${place}  `, edit.reason, room),
    ...(refused === undefined
      ? []
      : labelled('   will be refused: ', refused, { ...room, tone: 'bad', labelTone: 'bad' })),
    ...edit.lines.flatMap(({ op, text }) =>
      labelled(`   ${op} `, text, { ...room, tone: toneOfOp[op], labelTone: toneOfOp[op] }),
    ),
    [],
  ];
};

const proposals = (report: Diagnosis, { file, run, ...room }: DocInput): readonly DocLine[] => {
  const edits = previewSpecEdits(file('@task') ?? '', report.spec_edits);
  const isApplied = run.state.report?.applied === true;
  return [
    ...section('Guardrails', isApplied ? 'added' : 'would be added'),
    ...report.guardrails.flatMap((sign): readonly DocLine[] => [
      ...labelled('   + ', sign.name, { ...room, tone: 'added', labelTone: 'added' }),
      ...labelled('     when  ', sign.trigger, room),
      ...labelled('     do    ', sign.instruction, room),
    ]),
    ...section(
      'Task file',
      isApplied ? 'changed' : edits.length > 0 ? 'as it now is, and as it would be' : '',
    ),
    ...(edits.length === 0
      ? [[{ text: '   No change is proposed.', tone: 'dim' as const }]]
      : edits.flatMap((edit) => editLines(edit, room, isApplied))),
    ...section('Model'),
    ...labelled(
      '   ',
      report.model_profile === null
        ? `stays ${run.state.profile}`
        : `${run.state.profile} → ${report.model_profile}, from the next session on`,
      room,
    ),
  ];
};

const newest = (input: DocInput): readonly DocLine[] => {
  const { file, run, ...room } = input;
  const kept = run.state.report;
  const path = reportPath(run);
  if (kept === undefined || path === undefined)
    return [
      [{ text: ' No diagnosis yet. D asks a strong model why the run does not get ahead.' }],
      [{ text: ' Its report comes with signs and changes of the task file, which a applies.', tone: 'dim' }],
    ];
  const report = parseDiagnosis(file(path) ?? '');
  const after = /^d(\d+)-/.exec(kept.id)?.[1];
  const head: DocLine = [
    { text: ` Report ${safe(kept.id, 60)}`, tone: 'title' },
    { text: after === undefined ? '' : `  after iteration ${after}`, tone: 'dim' },
    kept.applied
      ? { text: '  applied', tone: 'good' }
      : { text: '  proposed: a applies it, D asks for a new one', tone: 'warn' },
  ];
  if (report === undefined)
    return [
      head,
      [],
      ...labelled(' ', kept.summary, room),
      [{ text: ' The report itself is not readable.' }],
    ];
  return [
    head,
    ...section('What goes wrong'),
    ...labelled('   ', report.pattern, room),
    ...bullets(report.evidence, { ...room }),
    ...section('Likely cause'),
    ...labelled('   ', report.cause, room),
    ...proposals(report, input),
  ];
};

const older = ({ file, run, ...room }: DocInput): readonly DocLine[] =>
  readReports(file('diagnostics.md') ?? '')
    .filter((report) => report.id !== run.state.report?.id)
    .toReversed()
    .flatMap((report): readonly DocLine[] => [
      ...section(`Earlier report ${safe(report.id, 60)}`),
      ...labelled('   ', report.text, { ...room, tone: 'dim' }),
    ]);

/** The newest report with what applying it would do, older ones below. */
export const diagnosticsPane = documentPane({
  tab: 'diagnostics',
  title: 'Diagnose',
  needs: (run) => ['diagnostics.md', '@task', ...(reportPath(run) === undefined ? [] : [reportPath(run)!])],
  lines: (input) => [...newest(input), ...older(input)],
});
