/**
 * Shell functions that find and signal what carries `$t` in its environment, however it has got away from its parent:
 * all agents put the shells of their tools into sessions of their own. `kill -s`, because dash takes the `--` of
 * `kill -TERM -- -1` for a pid; busybox takes no `--`, and its grep sees behind a NUL only with `-z`.
 */
export const TAGGED = `tagged() { grep -lszF -- "$t" /proc/[0-9]*/environ 2>/dev/null | sed 's|^/proc/||; s|/environ$||'; }
send() { kill -s "$1" -- "$2" 2>/dev/null || kill -s "$1" "$2" 2>/dev/null; }`;
