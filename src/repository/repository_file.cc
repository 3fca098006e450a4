#include "repository/repository_file.h"

#include <nlohmann/json.hpp>

#include "io/hash.h"
#include "repository/ids.h"

namespace dbstow::repository {
namespace {

constexpr int kFormat = 1;
constexpr std::string_view kKind = "dbstow repository";

// Over the text of the object without its check, keys sorted, no spaces: what dump() gives.
std::string CheckOf(nlohmann::json file) {
  file.erase("check");
  return io::ToHex(io::Sha256::Of(AsBytes(file.dump())));
}

Error Malformed() {
  return Error(ErrorCode::kCorrupt, "repo.json is damaged or is not one of dbstow");
}

Result<RepositoryFile> Interpret(const nlohmann::json& file) {
  if (file.at("kind").get<std::string>() != kKind || file.at("check") != CheckOf(file)) {
    return Malformed();
  }
  const bool known = file.at("format").get<int>() == kFormat;
  // This version knows no feature, so every one that is named is unknown to it.
  bool features = false;
  for (const auto& [use, names] : file.at("mandatory_features").items()) {
    features = features || !names.empty();
  }
  if (!known || features) {
    return Error(ErrorCode::kUnsupportedCapability,
                 "the repository was made by a later version of dbstow")
        .WithHint("install that version or a later one");
  }
  return RepositoryFile{file.at("id").get<std::string>()};
}

}  // namespace

RepositoryFile RepositoryFile::Generate(Random& random) {
  return RepositoryFile{ToText(SessionId::Generate(random))};
}

std::string RepositoryFile::Encode() const {
  nlohmann::json file = {{"kind", kKind},
                         {"format", kFormat},
                         {"id", id},
                         {"mandatory_features",
                          {{"read", nlohmann::json::array()},
                           {"write", nlohmann::json::array()},
                           {"check", nlohmann::json::array()}}}};
  file["check"] = CheckOf(file);
  return file.dump(2) + "\n";
}

Result<RepositoryFile> RepositoryFile::Decode(std::string_view text) {
  try {
    return Interpret(nlohmann::json::parse(text));
  } catch (const nlohmann::json::exception&) {
    return Malformed();
  }
}

}  // namespace dbstow::repository
