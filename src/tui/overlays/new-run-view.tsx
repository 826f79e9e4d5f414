import type { ReactElement } from 'react';
import { cut, fit, widthOf } from '../fit.ts';
import type { OverlayProps } from '../overlay.ts';
import { topFor } from '../scroll.ts';
import type { Theme } from '../theme.ts';
import { safe } from '../views/fleet-columns.ts';
import { boxSize, CentredBox } from '../widgets/box.tsx';
import type { Span } from '../widgets/line.tsx';
import { fieldSpans } from '../widgets/prompt.tsx';
import { formFields, type FormField } from './new-run-fields.ts';
import {
  errorsOf,
  fieldAt,
  filesFor,
  isolationText,
  runsAsked,
  valueOf,
  type NewRunState,
  type Remark,
} from './new-run-state.ts';

const WIDTH = 116;
const LABEL = 13;
/** Below the fields: a rule, what is said of the field under the cursor, how to fix it, and what a launch would do. */
const BOTTOM = 4;

/** What stands in an empty field: what holds then. */
const emptyText = (state: NewRunState, { key }: FormField): string => {
  const { defaults } = state;
  const texts: Readonly<Record<string, string | undefined>> = {
    repo_url: defaults.repo && `this one: ${defaults.repo}`,
    base_branch: 'its default branch',
    sandbox_provider: defaults.backend && `${defaults.backend} (settings)`,
    agent: 'actions',
    model_profile_default: `${defaults.profile} (settings)`,
    model_profile_fallback: defaults.fallback ? `${defaults.fallback} (settings)` : 'none',
    '@concurrency': `as set: ${defaults.concurrency}`,
  };
  return texts[key] ?? (key.startsWith('@') ? '' : 'not set');
};

const noteOf = (state: NewRunState, { key, unit }: FormField): string => {
  if (key === 'sandbox_provider')
    return state.choices === undefined ? 'looking what can be used…' : isolationText(state);
  if (key === '@count') return state.tasks.length > 1 ? 'of each task file' : '';
  if (key === 'agent' && state.choices !== undefined && state.choices.agents.length === 1)
    return 'the only one of this version';
  return unit ?? '';
};

const remarkSpan = (remarks: readonly Remark[], note: string, theme: Theme): Span => {
  const first = remarks.find((one) => one.level === 'error') ?? remarks[0];
  if (first === undefined)
    return { text: safe(note, 160), look: note.startsWith('NO ') ? theme.tones.warn : theme.tones.dim };
  const more = remarks.length > 1 ? ` (+${remarks.length - 1})` : '';
  const isError = first.level === 'error';
  return {
    text: `${isError ? '✗' : '!'} ${safe(first.message, 160)}${more}`,
    look: isError ? theme.tones.bad : theme.tones.warn,
  };
};

const valueSpans = (
  state: NewRunState,
  field: FormField,
  at: { readonly isCursor: boolean; readonly room: number; readonly theme: Theme },
): readonly Span[] => {
  const { isCursor, room, theme } = at;
  const text = field.kind === 'shown' ? state.auth : safe(valueOf(state, field.key), 2_000);
  const isTyped = field.kind !== 'choice' && field.kind !== 'shown' && field.kind !== 'button';
  if (isCursor && isTyped && text !== '') {
    const spans = fieldSpans({ text, cursor: Math.min(state.cursor, text.length) }, room);
    const used = spans.reduce((sum, span) => sum + widthOf(span.text), 0);
    return [...spans, { text: ' '.repeat(Math.max(0, room - used)) }];
  }
  if (text === '') {
    const empty = safe(emptyText(state, field), 200);
    const head: Span = { text: isCursor && isTyped ? ' ' : '', look: { inverse: true } };
    return [head, { text: fit(empty, room - head.text.length), look: theme.tones.dim }];
  }
  return [{ text: fit(isCursor && field.kind === 'choice' ? `‹ ${text} ›` : text, room) }];
};

const buttonSpans = (state: NewRunState, theme: Theme): readonly Span[] => {
  const runs = runsAsked(state);
  const isOff = errorsOf(state).length > 0;
  return [
    { text: ' '.repeat(LABEL + 2) },
    {
      text: `[ Launch ${runs} ${runs === 1 ? 'run' : 'runs'} ]`,
      look: isOff ? theme.tones.dim : theme.accent,
    },
  ];
};

const fieldLine = (
  state: NewRunState,
  index: number,
  at: { readonly width: number; readonly theme: Theme },
): readonly Span[] => {
  const { width, theme } = at;
  const field = formFields[index]!;
  if (field.kind === 'button') return buttonSpans(state, theme);
  const isCursor = state.row === index;
  const room = Math.max(14, Math.floor((width - LABEL - 4) * 0.46));
  const remarks = state.remarks.filter((one) => one.key === field.key);
  const isEdited = state.edited[field.key] !== undefined;
  return [
    {
      text: ` ${fit(field.label, LABEL)}${isEdited ? '*' : ' '}`,
      look: isCursor ? theme.accent : theme.tones.dim,
    },
    ...valueSpans(state, field, { isCursor, room, theme }),
    { text: '  ' },
    remarkSpan(remarks, noteOf(state, field), theme),
  ];
};

const statusSpan = (state: NewRunState, theme: Theme): Span => {
  if (state.problem !== undefined) return { text: ` ✗ ${safe(state.problem, 400)}`, look: theme.tones.bad };
  if (state.busy !== undefined) return { text: ` ${state.busy}`, look: theme.accent };
  const count = errorsOf(state).length;
  if (count === 0) return { text: ' ready', look: theme.tones.good };
  const text = ` ${count} ${count === 1 ? 'error keeps' : 'errors keep'} it from starting`;
  return { text, look: theme.tones.bad };
};

/** The remark on the field under the cursor that counts most. */
const remarkHere = (state: NewRunState): Remark | undefined => {
  const here = state.remarks.filter((one) => one.key === fieldAt(state).key);
  return here.find((one) => one.level === 'error') ?? here[0];
};

const bottomLines = (state: NewRunState, theme: Theme, width: number): readonly (readonly Span[])[] => {
  const remark = remarkHere(state);
  const isPath = fieldAt(state).kind === 'path';
  const files = isPath ? filesFor(state, state.cycle?.line ?? valueOf(state, '@task')) : [];
  const offered = files.length > 1 ? `Tab: ${files.slice(0, 6).join('  ')}` : '';
  const fix = remark === undefined ? '' : `fix: ${remark.fix.replaceAll('\n', ' ⏎ ')}`;
  const look = remark?.level === 'error' ? theme.tones.bad : theme.tones.dim;
  return [
    [{ text: ` ${'─'.repeat(width - 2)}`, look: theme.tones.dim }],
    [{ text: ` ${safe(remark?.message ?? offered, 400)}`, look }],
    [{ text: ` ${safe(fix, 400)}`, look: theme.tones.dim }],
    [statusSpan(state, theme)],
  ];
};

/** The form: a field a line, what the linter says of it beside it. */
export const NewRunView = ({ state, theme, size }: OverlayProps<NewRunState>): ReactElement => {
  const { width, height } = boxSize(size, WIDTH);
  const page = Math.max(1, Math.min(formFields.length, height - BOTTOM));
  const top = topFor(Math.max(0, state.row - page + 1), state.row, { total: formFields.length, page });
  const rows = Array.from({ length: page }, (_, i) => fieldLine(state, top + i, { width, theme }));
  const isMissing = state.tasks.some(({ text, problem }) => text === undefined && problem === undefined);
  const keys = [
    'ctrl+s launch',
    ...(isMissing ? ['ctrl+n starter file'] : []),
    '↑ ↓ move',
    ...(fieldAt(state).kind === 'path' ? ['tab complete'] : []),
    ...(fieldAt(state).kind === 'choice' ? ['← → choose'] : []),
    ...(fieldAt(state).kind === 'profile' ? ['⏎ choose'] : []),
    'ctrl+r read again',
    'esc leave',
  ].join('   ');
  return (
    <CentredBox
      title="New run"
      lines={[...rows, ...bottomLines(state, theme, width)]}
      cursor={state.row - top}
      keys={cut(keys, width - 2)}
      theme={theme}
      size={size}
      width={WIDTH}
    />
  );
};
