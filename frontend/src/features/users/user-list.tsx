import { Button, Text, VisuallyHidden } from "@mantine/core";
import {
  IconPlus,
  IconShieldCheck,
  IconUser,
  IconUserCog,
  IconUsers,
  type Icon,
} from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { deleteUser, usersQuery, type User } from "@/api/users";
import type { Role } from "@/lib/permissions";
import { matches } from "@/lib/text";
import { Confirm } from "@/ui/confirm";
import { EmptyState } from "@/ui/empty-state";
import { ListPanel } from "@/ui/list-panel";
import { Page } from "@/ui/page";
import { QueryView } from "@/ui/query-view";
import { RowActions } from "@/ui/row-actions";
import { useMay, useSession } from "@/ui/session-context";
import { Tag } from "@/ui/tag";
import { useAction } from "@/ui/use-action";
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
  const { t } = useTranslation();
  const users = useQuery(usersQuery);
  const [editing, setEditing] = useState<{ user: User | null } | null>(null);
  const [deleting, setDeleting] = useState<User | null>(null);
  const remove = useAction({
    run: (user: User) => deleteUser(user.userId),
    invalidates: [usersQuery.queryKey],
    done: (_, user) => t("users.deleted", { name: user.username }),
  });
  const newButton = useMay("users.manage") && (
    <Button leftSection={<IconPlus size={15} />} onClick={() => setEditing({ user: null })}>
      {t("users.new")}
    </Button>
  );
  return (
    <Page title={t("users.title")} actions={newButton}>
      <QueryView
        query={users}
        isEmpty={(all) => all.length === 0}
        empty={<EmptyState icon={IconUsers} title={t("users.empty")} help={t("users.emptyHelp")} />}
      >
        {(all) => {
          const shown = all.filter((user) => matches(user.username, q));
          return (
            <ListPanel
              q={q}
              searchLabel={t("users.search")}
              shown={shown.length}
              onSearch={onSearch}
            >
              <UserTable
                users={shown}
                onEdit={(user) => setEditing({ user })}
                onDelete={setDeleting}
              />
            </ListPanel>
          );
        }}
      </QueryView>
      {editing && <UserForm user={editing.user} onClose={() => setEditing(null)} />}
      <Confirm
        isOpen={deleting !== null}
        title={t("users.deleteTitle", { name: deleting?.username ?? "" })}
        confirm={t("users.deleteConfirm")}
        isBusy={remove.isPending}
        onClose={() => setDeleting(null)}
        onConfirm={() => {
          if (deleting) remove.mutate(deleting, { onSettled: () => setDeleting(null) });
        }}
      >
        {t("users.deleteBody")}
      </Confirm>
    </Page>
  );
}

interface UserTableProps {
  users: User[];
  onEdit: (user: User) => void;
  onDelete: (user: User) => void;
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
                  onEdit={() => onEdit(user)}
                  onDelete={isMe ? undefined : () => onDelete(user)}
                />
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
