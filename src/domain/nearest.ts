const LONGEST_WORD = 64;

const plain = (word: string): string =>
  word
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll('-', '_')
    .toLowerCase();

const distance = (a: string, b: string): number => {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1];
      let best = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (same ? 0 : 1));
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) best = Math.min(best, before[j - 2]! + 1);
      row.push(best);
    }
    before = last;
    last = row;
  }
  return last[b.length]!;
};

const startsAlike = (a: string, b: string): boolean =>
  Math.min(a.length, b.length) >= 4 && (a.startsWith(b) || b.startsWith(a));

/** The known word that was most likely meant, by edit distance (a swap of neighbours counts one), or undefined. */
export const nearestWord = (word: string, known: readonly string[]): string | undefined => {
  if (word.length === 0 || word.length > LONGEST_WORD) return undefined;
  const wanted = plain(word);
  const allowed = Math.max(1, Math.floor(wanted.length / 3));
  let best: { readonly word: string; readonly score: number } | undefined;
  for (const candidate of known) {
    const other = plain(candidate);
    const score = startsAlike(wanted, other) ? Math.min(1, distance(wanted, other)) : distance(wanted, other);
    if (score <= allowed && (best === undefined || score < best.score)) best = { word: candidate, score };
  }
  return best?.word;
};
