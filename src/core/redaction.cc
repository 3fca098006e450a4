#include "dbstow/core/redaction.h"

#include <algorithm>

namespace dbstow {
namespace {

constexpr std::string_view kMask = "***";
constexpr std::string_view kWhiteSpace = " \t\r\n";

/// Where the first `:` is that does not begin the `://` after a scheme.
std::size_t FindPasswordColon(std::string_view word) {
  std::size_t colon = word.find(':');
  while (colon != std::string_view::npos && word.substr(colon).starts_with("://")) {
    colon = word.find(':', colon + 1);
  }
  return colon;
}

std::size_t FindPasswordParameter(std::string_view word) {
  static constexpr std::string_view kName = "password=";
  const auto same = [](char a, char b) { return (a | 0x20) == (b | 0x20); };
  const auto found = std::ranges::search(word, kName, same);
  return found.empty() ? std::string_view::npos
                       : static_cast<std::size_t>(found.begin() - word.begin()) + kName.size();
}

std::string MaskWord(std::string word) {
  if (const std::size_t value = FindPasswordParameter(word); value != std::string::npos) {
    const std::size_t end = std::min(word.find('&', value), word.size());
    word.replace(value, end - value, kMask);
  }
  const std::size_t colon = FindPasswordColon(word);
  const std::size_t at = word.rfind('@');
  if (colon < at && at != std::string::npos) word.replace(colon + 1, at - colon - 1, kMask);
  return word;
}

}  // namespace

std::string WithoutPasswords(std::string text) {
  if (text.find_first_of("@=") == std::string::npos) return text;
  std::string masked;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find_first_of(kWhiteSpace, begin), text.size());
    masked += MaskWord(text.substr(begin, end - begin));
    if (end < text.size()) masked += text[end];
    begin = end + 1;
  }
  return masked;
}

Result<void> RefuseLogin(std::string_view what, std::string_view text) {
  const std::size_t scheme = text.find("://");
  if (scheme == std::string_view::npos) return {};
  const std::string_view place = text.substr(scheme + 3);
  if (place.substr(0, place.find('/')).find('@') == std::string_view::npos) return {};
  return Error(ErrorCode::kInvalidOptions, std::string(what) + " must not hold a login")
      .WithHint("leave out what stands before the '@'");
}

Result<void> RefuseZeroByte(std::string_view what, std::string_view text) {
  const std::size_t at = text.find('\0');
  if (at == std::string_view::npos) return {};
  return Error(ErrorCode::kInvalidOptions, std::string(what) +
                                               " must not hold a zero byte, as it does after '" +
                                               std::string(text.substr(0, at)) + "'");
}

}  // namespace dbstow
