// Reads the expressions of a definition that insert outputs of tasks.
import { type Expression, type Path, pathOf } from '../payloads/references/expressions.ts';

/**
 * Reads `${task.output.path}`. The path is undefined if the expression reads the task in another way, such as with a wildcard. Returns undefined if
 * the expression does not read the output of a task.
 */
export function outputReadBy({ text, nested }: Expression): { task: string; path: Path | undefined } | undefined {
  const [, task = '', rest = ''] = /^\$\{\s*([^.[\]{}\s]+)(.*)\}$/s.exec(text) ?? [];
  if (nested || task === '' || task === 'workflow') return undefined;
  const whole = pathOf(rest.trimEnd());
  // In a JSONPath expression, these characters select several JSON fields.
  const isPlain = whole?.every((part) => typeof part === 'number' || !/[*?@,:()]/.test(part));
  if (whole === undefined || whole.length === 0 || !isPlain) return { task, path: undefined };
  const [first, ...path] = whole;
  return first === 'output' ? { task, path } : undefined;
}
