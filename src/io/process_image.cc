#include "io/process_image.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <map>

#include "io/thread_start.h"

namespace dbstow::io {
namespace {

Result<std::string> FindProgram(const std::string& program) {
  if (program.find('/') != std::string::npos) {
    if (access(program.c_str(), X_OK) == 0) return program;
  } else if (const char* path = getenv("PATH")) {
    std::string_view rest(path);
    while (!rest.empty()) {
      const std::size_t colon = rest.find(':');
      const std::string candidate = std::string(rest.substr(0, colon)) + "/" + program;
      if (access(candidate.c_str(), X_OK) == 0) return candidate;
      rest = colon == std::string_view::npos ? "" : rest.substr(colon + 1);
    }
  }
  return Error(ErrorCode::kNotFound, "program '" + program + "' is not there or cannot be run")
      .WithHint(program.find('/') != std::string::npos
                    ? "check the path, and that this user may run what is there (chmod +x)"
                    : "install it, or give its whole path: it is looked for in PATH");
}

// libpq takes a password file only when it is a regular file that nobody else may read; a memfd is
// one as soon as its mode says so.
Result<Descriptor> MakeSecretFile(const std::string& text, std::string_view program) {
  Descriptor file = AboveTheStandardStreams(Descriptor(memfd_create("dbstow", MFD_CLOEXEC)));
  if (!file.open() || fchmod(file.get(), 0600) != 0) {
    return ProcessError("make a secret file for", program);
  }
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t written = write(file.get(), text.data() + done, text.size() - done);
    if (written < 0) return ProcessError("write a secret file for", program);
    done += static_cast<std::size_t>(written);
  }
  return file;
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

Descriptor AboveTheStandardStreams(Descriptor descriptor) {
  if (!descriptor.open() || descriptor.get() > STDERR_FILENO) return descriptor;
  return Descriptor(fcntl(descriptor.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
}

Error ProcessError(std::string_view doing, std::string_view program) {
  const int number = errno;
  Error error = Error(ErrorCode::kIoError, "cannot " + std::string(doing) + " '" +
                                               std::string(program) + "': " + std::strerror(number))
                    .WithNative({"errno", std::to_string(number), std::strerror(number)});
  if (number != EAGAIN) return error;
  return std::move(error).WithRetry(Retry::kTransient).WithHint(std::string(kHintForMoreThreads));
}

Result<ProcessImage> MakeProcessImage(const Command& command,
                                      const std::set<std::string>& withheld) {
  ProcessImage image;
  DBSTOW_ASSIGN(image.path, FindProgram(command.program));
  std::map<std::string, std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    std::string name(text.substr(0, equals));
    if (!withheld.contains(name)) environment[std::move(name)] = text.substr(equals + 1);
  }
  for (const auto& [name, value] : command.environment) environment[name] = value;
  for (const auto& [name, text] : command.secret_files) {
    DBSTOW_ASSIGN(Descriptor file, MakeSecretFile(text, command.program));
    environment[name] = "/proc/self/fd/" + std::to_string(file.get());
    image.secrets.push_back(std::move(file));
  }
  image.arguments.push_back(command.program);
  for (const std::string& argument : command.arguments) image.arguments.push_back(argument);
  for (const auto& [name, value] : environment) image.environment.push_back(name + "=" + value);
  image.argv = Pointers(image.arguments);
  image.envp = Pointers(image.environment);
  return image;
}

}  // namespace dbstow::io
