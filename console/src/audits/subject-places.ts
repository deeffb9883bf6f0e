/** The first path segment of the pages of users, groups and applications, by the kind of the subject in an audit event. */
export const SUBJECT_PLACES = { USER: 'users', GROUP: 'groups', APPLICATION: 'applications' } as const;
