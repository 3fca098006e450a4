#include "secrets/exec/exec_secret_provider.h"

#include <algorithm>
#include <string>

#include "secrets/exec/command_line.h"

namespace dbstow::secrets {
namespace {

Error Refused(const std::string& program, const std::string& how) {
  return Error(ErrorCode::kAuthenticationFailed, "the secret program " + program + " " + how)
      .WithHint("run it by hand to see what it says; dbstow does not show its output");
}

/// Collects output in memory of a fixed place, so that no copy of the secret is left behind.
class Collector {
 public:
  explicit Collector(std::string program) : program_(std::move(program)) {
    text_.reserve(kMaxSecretBytes);
  }
  ~Collector() { const SecretString wiped(std::move(text_)); }
  Collector(const Collector&) = delete;
  Collector& operator=(const Collector&) = delete;

  Result<void> Take(ByteView bytes) {
    if (text_.size() + bytes.size() > kMaxSecretBytes) {
      return Error(ErrorCode::kInvalidOptions,
                   "the secret program " + program_ + " prints too much to be a secret")
          .WithHint("a secret has at most 64 KiB");
    }
    text_.append(AsText(bytes));
    return {};
  }
  Result<SecretString> Finish() {
    if (text_.ends_with('\n')) text_.pop_back();
    if (text_.ends_with('\r')) text_.pop_back();
    if (text_.empty()) return Refused(program_, "printed nothing");
    return SecretString(std::move(text_));
  }

 private:
  std::string program_;
  std::string text_;
};

class ExecSecretProvider final : public SecretProvider {
 public:
  ExecSecretProvider(ExecPorts ports, std::chrono::seconds limit) : ports_(ports), limit_(limit) {}

  Result<SecretString> Fetch(std::string_view key, Deadline deadline,
                             std::stop_token stop) override {
    DBSTOW_ASSIGN(std::vector<std::string> words, SplitCommandLine(key));
    io::Command command;
    command.program = words.front();
    command.arguments.assign(words.begin() + 1, words.end());
    Collector output(command.program);
    const auto consume = [&output](ByteView bytes) { return output.Take(bytes); };
    DBSTOW_ASSIGN(
        const io::ProcessOutcome outcome,
        ports_.processes.Run(command, consume, ports_.clock, Sooner(deadline), std::move(stop)));
    if (outcome.signal != 0) {
      return Refused(command.program, "was ended by signal " + std::to_string(outcome.signal));
    }
    if (outcome.exit_status != 0) {
      return Refused(command.program, "ended with status " + std::to_string(outcome.exit_status));
    }
    return output.Finish();
  }

 private:
  // A program that asks a person who is not there must not hold up a nightly backup for ever.
  [[nodiscard]] Deadline Sooner(Deadline deadline) const {
    const Monotonic own = ports_.clock.MonotonicNow() + limit_;
    return Deadline(deadline.at() ? std::min(*deadline.at(), own) : own);
  }

  ExecPorts ports_;
  std::chrono::seconds limit_;
};

}  // namespace

std::unique_ptr<SecretProvider> CreateExecSecretProvider(ExecPorts ports,
                                                         std::chrono::seconds limit) {
  return std::make_unique<ExecSecretProvider>(ports, limit);
}

}  // namespace dbstow::secrets
