// SPDX-License-Identifier: MIT
#include "settings.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <initializer_list>
#include <stdexcept>
#include <string_view>
#include <system_error>

namespace czb::ssh {

namespace {

[[noreturn]] void refuse(const std::string& why) { throw std::invalid_argument("transport ssh: " + why); }

void check_destination(const std::string& destination) {
  if (destination.empty())
    refuse("the destination is empty: give a host, user@host, or a Host of the ssh configuration");
  const std::string quoted = "the destination '" + destination + "' ";
  if (destination.front() == '-' || destination.find("@-") != std::string::npos) {
    refuse(quoted + "begins with '-', which ssh would read as an option");
  }
  for (const char byte : destination) {
    if (static_cast<unsigned char>(byte) <= ' ' || byte == '\x7f')
      refuse(quoted + "holds a blank or control character");
  }
}

// Absolute, since a Match or Include in it must not depend on where we were started; and never ssh's word `none`.
std::string checked_config(const std::string& config) {
  if (config.empty()) refuse("the option config is empty: leave it out to use ssh's own configuration");
  struct stat found = {};
  const int file = ::open(config.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  const int error = errno;
  const bool regular = file >= 0 && ::fstat(file, &found) == 0 && S_ISREG(found.st_mode);
  if (file >= 0) ::close(file);
  if (file < 0)
    refuse("the option config: cannot read the ssh configuration file '" + config +
           "': " + std::generic_category().message(error));
  if (!regular) refuse("the option config: the ssh configuration file '" + config + "' is not a regular file");
  return std::filesystem::absolute(config).string();
}

std::int64_t in_range(const PluginOptions& options, const char* name, std::int64_t least, std::int64_t most) {
  const std::int64_t value = options.integer(name);
  if (value < least || value > most) {
    refuse("the option " + std::string(name) + " is " + std::to_string(value) + ": it must lie between " +
           std::to_string(least) + " and " + std::to_string(most));
  }
  return value;
}

void add_options(std::vector<std::string>& argv, std::initializer_list<std::string_view> options) {
  for (const std::string_view option : options) {
    argv.emplace_back("-o");
    argv.emplace_back(option);
  }
}

// A ControlPath as ssh reads it back: % is its escape character.
std::string escaped(const std::string& socket) {
  std::string text;
  for (const char byte : socket) text += byte == '%' ? std::string("%%") : std::string(1, byte);
  return text;
}

}  // namespace

Settings read_settings(const CreateArguments& arguments) {
  constexpr std::int64_t day = 24 * 60 * 60;
  const PluginOptions options(arguments);
  Settings settings;
  settings.destination = options.text("destination");
  check_destination(settings.destination);
  if (options.is_set("config")) settings.config = checked_config(options.text("config"));
  settings.use_sudo = options.boolean("use-sudo");
  settings.options = options.list("options");
  for (const std::string& option : settings.options) {
    if (option.empty()) refuse("one of the options is empty: write each as after ssh's -o, as in \"Compression=yes\"");
  }
  settings.connect_timeout = std::chrono::seconds(in_range(options, "connect-timeout", 1, day));
  settings.alive_interval = std::chrono::seconds(in_range(options, "alive-interval", 0, day));
  settings.alive_count = in_range(options, "alive-count", 1, 1000);
  settings.program = options.text("program");
  if (settings.program.empty()) refuse("the option program is empty: leave it out to use ssh");
  settings.run_directory = arguments.run_directory != nullptr ? arguments.run_directory : "";
  settings.interrupt_descriptor = arguments.interrupt_descriptor;
  return settings;
}

std::vector<std::string> master_argv(const Settings& settings, const std::string& socket) {
  std::vector<std::string> argv = {settings.program, "-M", "-N", "-T", "-S", escaped(socket)};
  if (!settings.config.empty()) argv.insert(argv.end(), {"-F", settings.config});
  add_options(
      argv, {"ControlMaster=yes", "ControlPersist=no", "ForkAfterAuthentication=no", "BatchMode=yes", "ForwardAgent=no",
             "ForwardX11=no", "ClearAllForwardings=yes", "Tunnel=no", "PermitLocalCommand=no", "RemoteCommand=none",
             "RequestTTY=no", "EscapeChar=none", "LogLevel=INFO"});
  add_options(argv, {"ConnectTimeout=" + std::to_string(settings.connect_timeout.count()),
                     "ServerAliveInterval=" + std::to_string(settings.alive_interval.count()),
                     "ServerAliveCountMax=" + std::to_string(settings.alive_count)});
  for (const std::string& option : settings.options) add_options(argv, {option});
  argv.insert(argv.end(), {"--", settings.destination});
  return argv;
}

std::vector<std::string> session_argv(const Settings& settings, const std::string& socket, const std::string& command) {
  std::vector<std::string> argv = {settings.program, "-T", "-F", "none", "-S", escaped(socket)};
  add_options(argv, {"ControlMaster=no", "ProxyCommand=false", "BatchMode=yes", "ForwardAgent=no", "ForwardX11=no",
                     "ClearAllForwardings=yes", "EscapeChar=none", "LogLevel=ERROR"});
  argv.insert(argv.end(), {"--", settings.destination, command});
  return argv;
}

std::vector<std::string> manual_argv(const Settings& settings, const std::string& command) {
  std::vector<std::string> argv = {settings.program};
  if (!settings.config.empty()) argv.insert(argv.end(), {"-F", settings.config});
  for (const std::string& option : settings.options) add_options(argv, {option});
  argv.push_back(settings.destination);
  if (!command.empty()) argv.push_back(command);
  return argv;
}

}  // namespace czb::ssh
