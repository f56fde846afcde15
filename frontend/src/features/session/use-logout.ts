import { useQueryClient } from "@tanstack/react-query";
import { logout } from "@/api/session";
import { useAction } from "@/ui/use-action";

/** Log out and start from nothing, so that nothing of this person stays in memory. */
export function useLogout() {
  const client = useQueryClient();
  return useAction({
    run: async () => {
      await client.cancelQueries();
      await logout();
    },
    invalidates: [],
    onDone: () => window.location.assign("/login"),
  });
}
