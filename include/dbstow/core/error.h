#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dbstow {

/// Why something failed, in the terms a caller decides by. The table is `error_codes.def`.
enum class ErrorCode {
#define DBSTOW_ERROR(id, name, exit_status, http_status, meaning) id,
#include "dbstow/core/error_codes.def"
#undef DBSTOW_ERROR
};

/// One row of the table of codes.
struct ErrorCodeInfo {
  ErrorCode code;
  std::string_view name;
  int exit_status;
  int http_status;
  std::string_view meaning;
};

[[nodiscard]] const ErrorCodeInfo& Describe(ErrorCode code);
[[nodiscard]] std::optional<ErrorCode> ErrorCodeFromName(std::string_view name);

/// Whether doing the same again can help.
enum class Retry {
  kNever,           ///< the same call fails the same way
  kTransient,       ///< a later try may work; nothing was changed
  kOutcomeUnknown,  ///< the effect may or may not have happened: look before repeating
};

/// What the other side said, untranslated: SQLSTATE, errno, SQLite result code, HTTP status.
struct NativeError {
  std::string system;  ///< what spoke: an engine id, "errno", "http", …
  std::string code;
  std::string text;
};

/// A failure: what failed, on what, why, and what to do next. Never holds a secret: its texts are
/// kept as `WithoutPasswords` gives them, whoever wrote them. A value; copying shares the cause.
class Error {
 public:
  Error(ErrorCode code, std::string message);

  [[nodiscard]] ErrorCode code() const { return code_; }
  /// What failed, on what and why: one sentence, no trailing full stop.
  [[nodiscard]] const std::string& message() const { return message_; }
  /// The next step for a person: a command or a change to make. Empty when there is none.
  [[nodiscard]] const std::string& hint() const { return hint_; }
  [[nodiscard]] Retry retry() const { return retry_; }
  [[nodiscard]] const std::optional<NativeError>& native() const { return native_; }
  [[nodiscard]] const Error* cause() const { return cause_.get(); }

  Error& WithHint(std::string hint) &;
  Error& WithRetry(Retry retry) &;
  Error& WithNative(NativeError native) &;
  Error& WithCause(Error cause) &;
  Error&& WithHint(std::string hint) &&;
  Error&& WithRetry(Retry retry) &&;
  Error&& WithNative(NativeError native) &&;
  Error&& WithCause(Error cause) &&;

  /// "InvalidOptions: no such option 'x'", with the chain of causes; for logs and tests.
  [[nodiscard]] std::string ToString() const;

 private:
  ErrorCode code_;
  std::string message_;
  std::string hint_;
  Retry retry_ = Retry::kNever;
  std::optional<NativeError> native_;
  std::shared_ptr<const Error> cause_;
};

/// What is being caught: to be called in a `catch` block only. OutOfSpace when memory ran out,
/// transient IOError for what the system could not give (a thread), else Internal.
[[nodiscard]] Error CaughtError();

/// `InvalidOptions` for an unknown word, naming the nearest known one.
/// `what` is the kind of word: "option", "mapping", "property".
[[nodiscard]] Error UnknownWord(std::string_view what, std::string_view word,
                                const std::vector<std::string>& known);

/// The entry of `known` with the smallest edit distance to `word`, or none when nothing is near.
[[nodiscard]] std::optional<std::string> NearestWord(std::string_view word,
                                                     const std::vector<std::string>& known);

}  // namespace dbstow
