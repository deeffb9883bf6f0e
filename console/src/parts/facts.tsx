import { Fragment, type ReactNode } from 'react';
import classes from './facts.module.css';

/** A list of details. Each detail has a name and a content. The list omits details whose content is undefined. */
export function Facts({ facts }: { facts: Record<string, ReactNode> }) {
  return (
    <dl className={classes.facts}>
      {Object.entries(facts)
        .filter(([, fact]) => fact !== undefined)
        .map(([name, fact]) => (
          <Fragment key={name}>
            <dt>{name}</dt>
            <dd>{fact}</dd>
          </Fragment>
        ))}
    </dl>
  );
}
