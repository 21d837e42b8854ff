/* The subcommands of pulse-data: each takes its own arguments (argv[0] is what messages begin with)
 * and returns the process's exit code. */
#ifndef PULSE_CLI_COMMAND_H
#define PULSE_CLI_COMMAND_H

int pulse_command_cat(int argc, char **argv);
int pulse_command_convert(int argc, char **argv);
int pulse_command_get(int argc, char **argv);
int pulse_command_head(int argc, char **argv);
int pulse_command_info(int argc, char **argv);
int pulse_command_ls(int argc, char **argv);
int pulse_command_prepare(int argc, char **argv);
int pulse_command_put(int argc, char **argv);
int pulse_command_rm(int argc, char **argv);
int pulse_command_synth(int argc, char **argv);

#endif
