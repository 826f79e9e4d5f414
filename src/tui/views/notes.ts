import { readNotes } from '../../domain/state-texts.ts';
import { safe } from './fleet-columns.ts';
import { documentPane, labelled, type DocInput, type DocLine } from './document.tsx';

const hintText = (steering: string): string =>
  steering === 'autonomous'
    ? 'This run takes notes only; steering_mode: guided also takes hints for one session.'
    : 'This run also takes hints for the next session only: n, then their kind.';

const lines = ({ file, run, ...room }: DocInput): readonly DocLine[] => {
  const { notes, preface } = readNotes(file('notes.md') ?? '');
  const head: DocLine =
    notes.length === 0
      ? [{ text: ' No notes yet. n adds one: every coming session reads it.' }]
      : [
          { text: ` ${notes.length} ${notes.length === 1 ? 'note' : 'notes'}`, tone: 'title' },
          { text: '  read by every coming session. n adds one.', tone: 'dim' },
        ];
  return [
    head,
    ...labelled(' ', hintText(run.state.steering), { ...room, wrap: true, tone: 'dim' }),
    [],
    ...notes.toReversed().flatMap((note): readonly DocLine[] => [
      [
        {
          text: ` ${safe(note.at, 60)
            .replace('T', ' ')
            .replace(/\.\d+Z$/, ' UTC')}`,
          tone: 'accent',
        },
      ],
      ...labelled('   ', note.text, room),
      [],
    ]),
    ...(preface === ''
      ? []
      : [
          [{ text: ' The file begins with', tone: 'dim' as const }],
          ...labelled('   ', preface, { ...room, tone: 'dim' }),
        ]),
  ];
};

/** The notes of notes.md, newest first. */
export const notesPane = documentPane({ tab: 'notes', title: 'Notes', needs: () => ['notes.md'], lines });
