import type { AccessKey, Application } from '../applications/application.ts';
import { outsideId } from '../primitives/ids.ts';
import type { Session } from '../session/session.ts';
import { splitTag } from '../tags/tag.ts';
import { principalNames } from './subjects.ts';

/** An application as clients of Conductor read it. Times are milliseconds since 1970. */
export interface ApplicationJson {
  id: string;
  name: string;
  /** As REST names users and applications; empty for one that is gone. */
  createdBy: string;
  updatedBy: string;
  createTime: number;
  updateTime: number;
  tags: { key: string; value: string }[];
}

/** Applications that the caller sees. Whoever made them is read in one statement, and so are their tags. */
export async function applicationsJson(
  session: Session,
  applications: readonly Application[],
): Promise<ApplicationJson[]> {
  const names = await principalNames(
    session,
    applications.flatMap(({ createdBy, updatedBy }) => [createdBy, updatedBy]),
  );
  const nameOf = (uuid: string | null) => (uuid === null ? undefined : names.get(uuid)) ?? '';
  return Promise.all(
    applications.map(async ({ id, name, createdBy, updatedBy, createdAt, updatedAt }) => ({
      id: outsideId('APPLICATION', id),
      name,
      createdBy: nameOf(createdBy),
      updatedBy: nameOf(updatedBy),
      createTime: createdAt.getTime(),
      updateTime: updatedAt.getTime(),
      tags: (await session.resourceTags.of('APPLICATION', outsideId('APPLICATION', id))).map(splitTag),
    })),
  );
}

/** A key without its secret half. */
export function accessKeyJson({ id, createdAt, active }: AccessKey) {
  return {
    id: outsideId('ACCESS_KEY', id),
    createdAt: createdAt.getTime(),
    status: active ? 'ACTIVE' : 'INACTIVE',
  };
}
