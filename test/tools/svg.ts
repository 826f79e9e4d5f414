import type { Cell } from '../fakes/terminal.ts';

const WIDTH = 8.4;
const HEIGHT = 18;
const PAD = 12;
const INK = '#c9d1d9';
const PAPER = '#0d1117';
const FONT = "ui-monospace, 'DejaVu Sans Mono', 'Cascadia Mono', Menlo, Consolas, monospace";

const BASIC =
  '#484f58 #ff7b72 #3fb950 #d29922 #58a6ff #bc8cff #39c5cf #b1bac4 #6e7681 #ffa198 #56d364 #e3b341 #79c0ff #d2a8ff #56d4dd #f0f6fc'.split(
    ' ',
  );
const STEPS = [0, 95, 135, 175, 215, 255];

const colourOf = (index: number): string => {
  if (index < 16) return BASIC[index]!;
  const [r, g, b] =
    index >= 232
      ? [8 + (index - 232) * 10, 8 + (index - 232) * 10, 8 + (index - 232) * 10]
      : [Math.floor((index - 16) / 36), Math.floor((index - 16) / 6) % 6, (index - 16) % 6].map(
          (i) => STEPS[i]!,
        );
  return `rgb(${r},${g},${b})`;
};

interface Ink {
  readonly fill: string;
  readonly paper: string | undefined;
  readonly bold: boolean;
  readonly dim: boolean;
}
const inkOf = (cell: Cell): Ink => {
  const fill = cell.colour === undefined ? INK : colourOf(cell.colour);
  const paper = cell.background === undefined ? undefined : colourOf(cell.background);
  return cell.inverse
    ? { fill: paper ?? PAPER, paper: fill, bold: cell.bold, dim: false }
    : { fill, paper, bold: cell.bold, dim: cell.dim };
};

interface Piece extends Ink {
  readonly from: number;
  readonly columns: number;
  readonly text: string;
}
const same = (a: Ink, b: Ink): boolean =>
  a.fill === b.fill && a.paper === b.paper && a.bold === b.bold && a.dim === b.dim;

const piecesOf = (row: readonly Cell[]): readonly Piece[] => {
  const pieces: Piece[] = [];
  row.forEach((cell, x) => {
    if (cell.width === 0) return;
    const ink = inkOf(cell);
    const last = pieces.at(-1);
    if (last && same(last, ink))
      pieces[pieces.length - 1] = {
        ...last,
        columns: last.columns + cell.width,
        text: last.text + cell.text,
      };
    else pieces.push({ ...ink, from: x, columns: cell.width, text: cell.text });
  });
  return pieces;
};

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const at = (n: number): string => String(Math.round(n * 10) / 10);

const rowSvg = (row: readonly Cell[], y: number): string => {
  const pieces = piecesOf(row);
  const papers = pieces
    .filter(({ paper }) => paper !== undefined)
    .map(
      ({ from, columns, paper }) =>
        `<rect x="${at(PAD + from * WIDTH)}" y="${PAD + y * HEIGHT}" width="${at(columns * WIDTH)}" height="${HEIGHT}" fill="${paper}"/>`,
    );
  // Each piece says how wide it is, so that columns stand below each other in any font.
  const texts = pieces.map(
    ({ from, columns, text, fill, bold, dim }) =>
      `<tspan x="${at(PAD + from * WIDTH)}" textLength="${at(columns * WIDTH)}" fill="${fill}"${bold ? ' font-weight="bold"' : ''}${dim ? ' opacity="0.6"' : ''}>${escaped(text)}</tspan>`,
  );
  return `${papers.join('')}<text y="${PAD + y * HEIGHT + 13}">${texts.join('')}</text>`;
};

/** A screen as a picture. */
export const toSvg = (cells: readonly (readonly Cell[])[], title: string): string => {
  const width = at(PAD * 2 + (cells[0]?.length ?? 0) * WIDTH);
  const height = PAD * 2 + cells.length * HEIGHT;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(title)}">
<title>${escaped(title)}</title>
<rect width="100%" height="100%" rx="8" fill="${PAPER}"/>
<g font-family="${FONT}" font-size="14" xml:space="preserve">
${cells.map(rowSvg).join('\n')}
</g>
</svg>
`;
};

/** The lines of the screen that such a picture shows. */
export const linesOfSvg = (svg: string): readonly string[] =>
  [...svg.matchAll(/<text [^>]*>(.*?)<\/text>/g)].map(([, inner = '']) =>
    inner
      .replace(/<[^>]*>/g, '')
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&amp;', '&')
      .trimEnd(),
  );
