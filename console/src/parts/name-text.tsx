import { Fragment } from 'react';

/** A name that breaks where its parts end, after `_`, `-`, `.` and `:`, where it has no room on one line. It is copied and read out as it is. */
export function NameText({ children }: { children: string }) {
  return children.split(/(?<=[_\-.:])/).map((part, index) => (
    <Fragment key={index}>
      {index > 0 && <wbr />}
      {part}
    </Fragment>
  ));
}
