/** Maps the kind of a subject in an audit event to the first path segment of its page in the console. */
export const SUBJECT_PLACES = { USER: 'users', GROUP: 'groups', APPLICATION: 'applications' } as const;
