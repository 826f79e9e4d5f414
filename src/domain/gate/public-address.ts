type Range = readonly [first: number, bits: number];

const ipv4 = (text: string): number | undefined => {
  const parts = text.split('.').map(Number);
  if (parts.length !== 4 || parts.some((part) => !Number.isInteger(part) || part < 0 || part > 255))
    return undefined;
  return parts.reduce((sum, part) => sum * 256 + part, 0);
};

const at = (text: string, bits: number): Range => [ipv4(text) ?? 0, bits];
/** What is not the public internet: IANA's registry of special-purpose addresses. */
const SPECIAL: readonly Range[] = [
  at('0.0.0.0', 8),
  at('10.0.0.0', 8),
  at('100.64.0.0', 10),
  at('127.0.0.0', 8),
  at('169.254.0.0', 16),
  at('172.16.0.0', 12),
  at('192.0.0.0', 24),
  at('192.0.2.0', 24),
  at('192.88.99.0', 24),
  at('192.168.0.0', 16),
  at('198.18.0.0', 15),
  at('198.51.100.0', 24),
  at('203.0.113.0', 24),
  at('224.0.0.0', 3),
];
/** Networks of an organisation's own. */
const OWN: readonly Range[] = [at('10.0.0.0', 8), at('172.16.0.0', 12), at('192.168.0.0', 16)];
const isWithin = (value: number, ranges: readonly Range[]): boolean =>
  ranges.some(([first, bits]) => Math.floor(value / 2 ** (32 - bits)) === first / 2 ** (32 - bits));
const isPublic4 = (value: number): boolean => !isWithin(value, SPECIAL);

const groupsOf = (text: string): readonly number[] | undefined => {
  const tail = /:(\d+\.\d+\.\d+\.\d+)$/.exec(text)?.[1];
  const low = tail === undefined ? undefined : ipv4(tail);
  const hex =
    tail === undefined || low === undefined
      ? text
      : `${text.slice(0, -tail.length)}${Math.floor(low / 65536).toString(16)}:${(low % 65536).toString(16)}`;
  const [head = '', rest] = hex.split('::');
  const read = (part: string): readonly number[] =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  const [left, right] = [read(head), read(rest ?? '')];
  const missing = rest === undefined ? 0 : 8 - left.length - right.length;
  const groups = [...left, ...Array.from({ length: Math.max(0, missing) }, () => 0), ...right];
  return groups.length === 8 && groups.every((group) => group >= 0 && group <= 0xffff) ? groups : undefined;
};

/** Global unicast only, and of that nothing that carries an IPv4 address or stands for documentation. */
const isPublic6 = (groups: readonly number[]): boolean => {
  const [first = 0, second = 0] = groups;
  if (first < 0x2000 || first > 0x3fff) return false;
  // Teredo and the other protocol assignments, documentation, 6to4.
  return !(first === 0x2001 && (second < 0x200 || second === 0xdb8)) && first !== 0x2002 && first !== 0x3fff;
};

/** True for an address of the public internet; false for loopback, private, link-local and all else, and for nonsense. */
export const isPublicAddress = (address: string): boolean => {
  const four = ipv4(address);
  if (four !== undefined) return isPublic4(four);
  const groups = groupsOf(address);
  return groups !== undefined && isPublic6(groups);
};

/** True for an address of an organisation's own network (RFC 1918, RFC 4193); never for loopback or link-local. */
export const isOwnAddress = (address: string): boolean => {
  const four = ipv4(address);
  if (four !== undefined) return isWithin(four, OWN);
  const [first = 0] = groupsOf(address) ?? [];
  return first >= 0xfc00 && first <= 0xfdff;
};
