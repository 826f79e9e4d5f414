/** Shortest value that is looked for by itself; shorter ones would hit ordinary text. */
export const MIN_KNOWN_SECRET = 6;

// A longer value is looked for piece by piece, so that the held-back text stays short.
const PIECE = 2048;
const MIN_LINE = 12;

const binary = (bytes: Uint8Array): string => {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
};

/** The part of a value's base64 that is the same whatever stands around it, for each of the three byte alignments. */
const base64Cores = (bytes: string): readonly string[] =>
  [0, 1, 2].map((shift) => {
    const encoded = btoa('\0'.repeat(shift) + bytes).replace(/=/g, '');
    const mixedStart = [0, 2, 3][shift] ?? 0;
    const mixedEnd = (shift + bytes.length) % 3 === 0 ? 0 : 1;
    return encoded.slice(mixedStart, encoded.length - mixedEnd);
  });

const urlSafe = (text: string): string => text.replaceAll('+', '-').replaceAll('/', '_');

const wrapped = (text: string, width: number): string =>
  (text.match(new RegExp(`.{1,${width}}`, 'g')) ?? []).join('\n');

const base64Forms = (bytes: string): readonly string[] => {
  const whole = btoa(bytes);
  const forms = [whole, whole.replace(/=/g, ''), ...base64Cores(bytes)];
  if (whole.length > 64)
    forms.push(wrapped(whole, 64), wrapped(whole, 76), wrapped(whole, 64).replaceAll('\n', '\\n'));
  return [...forms, ...forms.map(urlSafe)];
};

const hexForms = (bytes: Uint8Array): readonly string[] => {
  const digits = [...bytes].map((byte) => byte.toString(16).padStart(2, '0'));
  const lower = digits.join('');
  return [lower, lower.toUpperCase(), digits.join(':'), digits.join(' ')];
};

const lowerPercent = (text: string): string => text.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());

const urlForms = (value: string): readonly string[] => {
  const component = encodeURIComponent(value);
  const strict = component.replace(
    /[!'()*~]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  const forms = [component, strict, strict.replaceAll('%7E', '~'), encodeURI(value)];
  forms.push(strict.replaceAll('%20', '+'), component.replaceAll('%20', '+'));
  return [...forms, ...forms.map(lowerPercent)];
};

const jsonInner = (value: string): string => JSON.stringify(value).slice(1, -1);

const escapedForms = (value: string): readonly string[] => {
  const json = jsonInner(value);
  const ascii = json.replace(
    /[<>&\u007f-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return [
    json,
    jsonInner(json),
    ascii,
    json.replaceAll('/', '\\/'),
    value.replaceAll("'", `'\\''`),
    value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;'),
  ];
};

const formsOf = (value: string): readonly string[] => {
  const bytes = new TextEncoder().encode(value);
  return [
    value,
    ...escapedForms(value),
    ...urlForms(value),
    ...base64Forms(binary(bytes)),
    ...hexForms(bytes),
  ];
};

const pieces = (value: string): readonly string[] => {
  const count = Math.ceil(value.length / PIECE);
  const size = Math.ceil(value.length / count);
  return Array.from({ length: count }, (_, index) =>
    value.slice(index * size, (index + 1) * size).toWellFormed(),
  );
};

/** Every text by which one of the known values may show: raw, URL, JSON, base64 at any alignment, hex. */
export const encodedForms = (secrets: readonly string[]): readonly string[] => {
  const forms = new Set<string>();
  for (const secret of secrets) {
    const value = secret.trim().toWellFormed();
    if (value.length < MIN_KNOWN_SECRET) continue;
    const lines = value.includes('\n') ? value.split('\n').map((line) => line.trim()) : [];
    for (const part of [
      ...pieces(value),
      ...lines.filter((line) => line.length >= MIN_LINE).flatMap(pieces),
    ]) {
      for (const form of formsOf(part)) if (form.length >= MIN_KNOWN_SECRET) forms.add(form);
    }
  }
  return [...forms];
};
