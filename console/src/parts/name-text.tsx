import { Fragment } from 'react';

/** A name whose lines may break after `_`, `-`, `.` and `:`. Copied text contains the unchanged name, and screen readers read the unchanged name. */
export function NameText({ children }: { children: string }) {
  return children.split(/(?<=[_\-.:])/).map((part, index) => (
    <Fragment key={index}>
      {index > 0 && <wbr />}
      {part}
    </Fragment>
  ));
}
