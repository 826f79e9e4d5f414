import { readSigns, type SignText } from '../../domain/state-texts.ts';
import { documentPane, labelled, type DocInput, type DocLine, type Room } from './document.tsx';

const signLines = (sign: SignText, room: Room): readonly DocLine[] => [
  ...labelled(' ▸ ', sign.name || '(without a name)', { ...room, tone: 'title', labelTone: 'accent' }),
  ...labelled('   when   ', sign.trigger || '–', room),
  ...labelled('   do     ', sign.instruction || '–', room),
  ...labelled('   since  ', [sign.addedAfter, sign.evidence].filter(Boolean).join(' · '), {
    ...room,
    tone: 'dim',
  }),
  [],
];

const lines = ({ file, width, wrap }: DocInput): readonly DocLine[] => {
  const room = { width, wrap };
  const text = file('guardrails.md');
  const signs = readSigns(text ?? '');
  if (signs.length === 0) {
    return [
      ...labelled(' ', 'No signs yet. g adds one: it tells every coming session what to do instead.', {
        ...room,
        wrap: true,
      }),
      ...(text === undefined ? [] : [[], ...labelled(' ', text, { ...room, tone: 'dim' as const })]),
    ];
  }
  return [
    [
      { text: ` ${signs.length} ${signs.length === 1 ? 'sign' : 'signs'}`, tone: 'title' },
      { text: '  in every prompt; they are only ever added. g adds one.', tone: 'dim' },
    ],
    [],
    // The newest first: it is about what the run does now.
    ...signs.toReversed().flatMap((sign) => signLines(sign, room)),
  ];
};

/** The signs of guardrails.md, newest first. */
export const guardrailsPane = documentPane({
  tab: 'guardrails',
  title: 'Guardrails',
  needs: () => ['guardrails.md'],
  lines,
});
