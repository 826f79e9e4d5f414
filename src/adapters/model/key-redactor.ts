const MAX_DETAIL = 500;
const SECRET_NAME = /KEY|TOKEN|SECRET|PASSWORD|PAT$/i;

/** Makes a text of a provider fit for logs: known keys out, one line, at most 500 characters. */
export const keyRedactor = (
  env: Readonly<Record<string, string | undefined>>,
): ((text: string) => string) => {
  const keys = Object.entries(env)
    .flatMap(([name, value]) =>
      value !== undefined && value.length >= 6 && SECRET_NAME.test(name) ? [value.trim()] : [],
    )
    .toSorted((a, b) => b.length - a.length);
  return (text) => {
    const clean = keys.reduce((rest, key) => rest.replaceAll(key, '[redacted]'), text);
    const line = clean.toWellFormed().replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ');
    return line.length > MAX_DETAIL ? `${line.slice(0, MAX_DETAIL - 1)}…` : line;
  };
};
