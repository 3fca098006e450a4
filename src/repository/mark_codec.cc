#include "repository/mark_codec.h"

#include "io/hash.h"
#include "repository/ids.h"

namespace dbstow::repository {

Bytes EncodeMark(const std::set<std::string>& names, Random& random) {
  std::string text = "prune " + ToText(SessionId::Generate(random)) + "\n";
  for (const std::string& each : names) text += each + "\n";
  const ByteView bytes = AsBytes(text);
  return {bytes.begin(), bytes.end()};
}

std::string MarkName(ByteView mark) { return io::ToHex(io::Sha256::Of(mark)); }

Result<std::set<std::string>> DecodeMark(ByteView mark, std::string_view name) {
  if (MarkName(mark) != name) {
    return Error(ErrorCode::kCorrupt, "prune mark " + std::string(name) + " is damaged");
  }
  std::string_view text = AsText(mark);
  text.remove_prefix(std::min(text.size(), text.find('\n') + 1));
  std::set<std::string> names;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    names.emplace(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return names;
}

}  // namespace dbstow::repository
