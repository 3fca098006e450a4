#include "dbstow/core/error.h"

#include <algorithm>
#include <array>
#include <exception>
#include <new>
#include <numeric>
#include <system_error>

#include "dbstow/core/redaction.h"

namespace dbstow {
namespace {

constexpr std::array kCodes = {
#define DBSTOW_ERROR(id, name, exit_status, http_status, meaning) \
  ErrorCodeInfo{ErrorCode::id, name, exit_status, http_status, meaning},
#include "dbstow/core/error_codes.def"
#undef DBSTOW_ERROR
};

// Levenshtein distance with one row of memory; words here are option names, so short.
std::size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      const std::size_t substitute = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({above + 1, row[j - 1] + 1, substitute});
      diagonal = above;
    }
  }
  return row.back();
}

}  // namespace

const ErrorCodeInfo& Describe(ErrorCode code) { return kCodes[static_cast<std::size_t>(code)]; }

std::optional<ErrorCode> ErrorCodeFromName(std::string_view name) {
  for (const ErrorCodeInfo& info : kCodes) {
    if (info.name == name) return info.code;
  }
  return std::nullopt;
}

Error::Error(ErrorCode code, std::string message)
    : code_(code), message_(WithoutPasswords(std::move(message))) {}

Error& Error::WithHint(std::string hint) & {
  hint_ = WithoutPasswords(std::move(hint));
  return *this;
}
Error& Error::WithRetry(Retry retry) & {
  retry_ = retry;
  return *this;
}
Error& Error::WithNative(NativeError native) & {
  native.text = WithoutPasswords(std::move(native.text));
  native_ = std::move(native);
  return *this;
}
Error& Error::WithCause(Error cause) & {
  cause_ = std::make_shared<const Error>(std::move(cause));
  return *this;
}
Error&& Error::WithHint(std::string hint) && { return std::move(WithHint(std::move(hint))); }
Error&& Error::WithRetry(Retry retry) && { return std::move(WithRetry(retry)); }
Error&& Error::WithNative(NativeError native) && {
  return std::move(WithNative(std::move(native)));
}
Error&& Error::WithCause(Error cause) && { return std::move(WithCause(std::move(cause))); }

std::string Error::ToString() const {
  std::string text(Describe(code_).name);
  text += ": " + message_;
  if (native_) text += " [" + native_->system + " " + native_->code + ": " + native_->text + "]";
  if (!hint_.empty()) text += " (" + hint_ + ")";
  if (cause_) text += "; because " + cause_->ToString();
  return text;
}

Error CaughtError() {
  try {
    throw;
  } catch (const std::bad_alloc&) {
    return Error(ErrorCode::kOutOfSpace, "the memory that it takes cannot be had")
        .WithHint("give it more: ulimit -v, the limit of its cgroup or container");
  } catch (const std::system_error& error) {
    return Error(ErrorCode::kIoError, std::string("the system refused: ") + error.what())
        .WithHint("look at the limits: ulimit -a, those of the cgroup or container")
        .WithRetry(Retry::kTransient)
        .WithNative({"errno", std::to_string(error.code().value()), error.code().message()});
  } catch (const std::exception& exception) {
    return {ErrorCode::kInternal, std::string("unexpected exception: ") + exception.what()};
  } catch (...) {
    return {ErrorCode::kInternal, "unexpected exception of an unknown type"};
  }
}

std::optional<std::string> NearestWord(std::string_view word,
                                       const std::vector<std::string>& known) {
  std::optional<std::string> nearest;
  // Further than half of the word away is not a typing error but another word.
  std::size_t best = std::max<std::size_t>(2, word.size() / 2) + 1;
  for (const std::string& candidate : known) {
    const std::size_t distance = EditDistance(word, candidate);
    if (distance < best) {
      best = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

Error UnknownWord(std::string_view what, std::string_view word,
                  const std::vector<std::string>& known) {
  Error error(ErrorCode::kInvalidOptions,
              "unknown " + std::string(what) + " '" + std::string(word) + "'");
  if (known.empty()) return std::move(error).WithHint("no " + std::string(what) + " is known here");
  if (auto nearest = NearestWord(word, known)) {
    return std::move(error).WithHint("did you mean '" + *nearest + "'?");
  }
  std::string list;
  for (const std::string& each : known) list += (list.empty() ? "" : ", ") + each;
  return std::move(error).WithHint("known: " + list);
}

}  // namespace dbstow
