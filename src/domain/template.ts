import { RalphError } from './error.ts';

const PLACE = /\{\{([^{}\n]{0,100})\}\}/g;

/** Names between `{{` and `}}`, in order, each as often as it stands there. */
export const valuesIn = (template: string): readonly string[] =>
  [...template.matchAll(PLACE)].map((match) => match[1]!.trim());

/** Puts values in for `{{name}}`; what a value holds is not looked at again. Throws `bug` for a name without value. */
export const fillTemplate = (template: string, values: Readonly<Record<string, string>>): string =>
  template.replaceAll(PLACE, (_whole, inner: string) => {
    const name = inner.trim();
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value === undefined)
      throw new RalphError('bug', `the template names {{${name}}}, which has no value`);
    return value;
  });
