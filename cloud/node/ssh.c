#include "node/ssh.h"

#include <stdbool.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

char *pulse_ssh_config(const char *directory, const char *key, const struct pulse_node_info *infos,
                       int n, struct pulse_err *err)
{
    struct pulse_text_buffer text = {.what = "a configuration", .err = err};
    for (int i = 0; i < n; i++)
        if (infos[i].port > 0)
            pulse_text_buffer_print(&text, "Host %s\n  Port %d\n", infos[i].address, infos[i].port);
    pulse_text_buffer_print(&text,
                            "Host *\n"
                            "  IdentityFile %s\n"
                            "  IdentitiesOnly yes\n"
                            "  IdentityAgent none\n"
                            "  UserKnownHostsFile %s/known_hosts\n"
                            "  GlobalKnownHostsFile none\n"
                            "  StrictHostKeyChecking yes\n"
                            "  UpdateHostKeys no\n"
                            "  HostKeyAlgorithms ssh-ed25519\n"
                            "  PreferredAuthentications publickey\n"
                            "  BatchMode yes\n"
                            "  ConnectTimeout 10\n"
                            "  ServerAliveInterval 5\n"
                            "  ServerAliveCountMax 3\n"
                            "  ControlMaster no\n"
                            "  LogLevel ERROR\n",
                            key, directory);
    return pulse_text_buffer_finish(&text);
}

char *pulse_ssh_known_hosts(const struct pulse_node_info *infos, int n, struct pulse_err *err)
{
    struct pulse_text_buffer text = {.what = "a configuration", .err = err};
    for (int i = 0; i < n; i++)
        if (infos[i].port > 0)
            pulse_text_buffer_print(&text, "[%s]:%d %s\n", infos[i].address, infos[i].port,
                                    infos[i].key);
    return pulse_text_buffer_finish(&text);
}

char *pulse_ssh_daemon_config(const char *directory, const char *key, struct pulse_err *err)
{
    /* StrictModes would look at /tmp, which all may write to; the directory itself is 0700. */
    return pulse_print(err,
                       "HostKey %s\n"
                       "AuthorizedKeysFile %s/authorized_keys\n"
                       "StrictModes no\n"
                       "PidFile none\n"
                       "UsePAM no\n"
                       "AuthenticationMethods publickey\n"
                       "PubkeyAuthentication yes\n"
                       "PasswordAuthentication no\n"
                       "KbdInteractiveAuthentication no\n"
                       "PermitRootLogin forced-commands-only\n"
                       "DisableForwarding yes\n"
                       "PermitTTY no\n"
                       "PermitTunnel no\n"
                       "PermitUserRC no\n"
                       "PermitUserEnvironment no\n"
                       "PrintMotd no\n"
                       "UseDNS no\n"
                       "LoginGraceTime 20\n"
                       "MaxAuthTries 2\n"
                       "ClientAliveInterval 5\n"
                       "ClientAliveCountMax 3\n"
                       "LogLevel ERROR\n",
                       key, directory);
}

char *pulse_ssh_authorized(const char *directory, const char *program, const char *key,
                           struct pulse_err *err)
{
    return pulse_print(err, "restrict,command=\"%s --session %s/socket\" %s\n", program, directory,
                       key);
}

char *pulse_ssh_hostfile(const struct pulse_node_info *infos, int n, struct pulse_err *err)
{
    struct pulse_text_buffer text = {.what = "a configuration", .err = err};
    for (int i = 0; i < n; i++)
        pulse_text_buffer_print(&text, "%s slots=%d\n", infos[i].address, infos[i].slots);
    return pulse_text_buffer_finish(&text);
}

static bool seen_before(const struct pulse_node_info *infos, int i)
{
    for (int j = 0; j < i; j++)
        if (strcmp(infos[j].network, infos[i].network) == 0)
            return true;
    return false;
}

char *pulse_ssh_networks(const struct pulse_node_info *infos, int n, struct pulse_err *err)
{
    struct pulse_text_buffer text = {.what = "a configuration", .err = err};
    for (int i = 0; i < n; i++)
        if (!seen_before(infos, i))
            pulse_text_buffer_print(&text, "%s%s", i == 0 ? "" : ",", infos[i].network);
    return pulse_text_buffer_finish(&text);
}
