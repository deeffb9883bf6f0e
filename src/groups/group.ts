/** Principals that hold permissions and roles together. */
export interface Group {
  /** UUID. */
  id: string;
  name: string;
  description: string | null;
  createdAt: Date;
}
