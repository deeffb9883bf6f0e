const toTheSecond = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

/** Shows a time with seconds. Lists in which the order of audit events matters use this component. */
export function Moment({ at }: { at: string }) {
  return <time dateTime={at}>{toTheSecond.format(new Date(at))}</time>;
}
