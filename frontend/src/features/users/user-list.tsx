import { Text, VisuallyHidden } from "@mantine/core";
import { IconShieldCheck, IconUser, IconUserCog, IconUsers, type Icon } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { deleteUser, usersQuery, type User } from "@/api/users";
import type { Role } from "@/lib/permissions";
import { ManagedPage } from "@/ui/managed-page";
import type { RowHandlers } from "@/ui/managing";
import { RowActions } from "@/ui/row-actions";
import { useMay, useSession } from "@/ui/session-context";
import { Tag } from "@/ui/tag";
import { UserForm } from "./user-form";

const LOOKS: Record<Role, { tone: "good" | "busy" | "quiet"; icon: Icon }> = {
  root: { tone: "good", icon: IconShieldCheck },
  moderator: { tone: "busy", icon: IconUserCog },
  normal: { tone: "quiet", icon: IconUser },
};

interface UserListProps {
  q: string;
  onSearch: (q: string) => void;
}

export function UserList({ q, onSearch }: UserListProps) {
  return (
    <ManagedPage
      words="users"
      icon={IconUsers}
      query={useQuery(usersQuery)}
      mayEdit={useMay("users.manage")}
      q={q}
      onSearch={onSearch}
      nameOf={({ username }) => username}
      remove={({ userId }) => deleteUser(userId)}
      invalidates={usersQuery.queryKey}
      form={(user, onClose) => <UserForm user={user} onClose={onClose} />}
    >
      {(shown, handlers) => <UserTable users={shown} {...handlers} />}
    </ManagedPage>
  );
}

interface UserTableProps extends RowHandlers<User> {
  users: User[];
}

function UserTable({ users, onEdit, onDelete }: UserTableProps) {
  const { t } = useTranslation();
  const session = useSession();
  return (
    <table className="table">
      <thead>
        <tr>
          <th scope="col">{t("users.name")}</th>
          <th scope="col">{t("users.role")}</th>
          <th scope="col">
            <VisuallyHidden>{t("table.actions")}</VisuallyHidden>
          </th>
        </tr>
      </thead>
      <tbody>
        {users.map((user) => {
          const isMe = user.username === session.username;
          const { tone, icon } = LOOKS[user.role];
          return (
            <tr key={user.userId}>
              <td style={{ fontWeight: 500 }}>
                {user.username}{" "}
                {isMe && (
                  <Text span size="xs" c="dimmed">
                    ({t("users.you")})
                  </Text>
                )}
              </td>
              <td>
                <Tag tone={tone} icon={icon} title={t(`roleHelp.${user.role}`)}>
                  {t(`roles.${user.role}`)}
                </Tag>
              </td>
              <td>
                <RowActions
                  name={user.username}
                  onEdit={onEdit && (() => onEdit(user))}
                  onDelete={onDelete && !isMe ? () => onDelete(user) : undefined}
                />
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
