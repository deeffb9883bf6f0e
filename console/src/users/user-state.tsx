import { Badge } from '@mantine/core';

export function UserState({ active }: { active: boolean }) {
  return (
    <Badge color={active ? 'green' : 'gray'} variant="light" size="sm">
      {active ? 'Active' : 'Inactive'}
    </Badge>
  );
}
