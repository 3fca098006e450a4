#include "doubles/mongodb/query/projection.h"

#include <algorithm>

#include "doubles/mongodb/bson/builder.h"
#include "doubles/mongodb/errors.h"

namespace dbstow::doubles::mongodb {
namespace {

constexpr int kExclusionInInclusion = 31254;
constexpr int kInclusionInExclusion = 31253;

}  // namespace

Result<Projection> Projection::Parse(const Document& specification) {
  Projection projection;
  bool decided = false;
  for (const Element& field : specification) {
    projection.any_ = true;
    if (!field.IsNumber() && !field.Is(BsonType::kBool)) {
      return CommandFailure(kFailedToParse,
                            "Unsupported projection option: " + std::string(field.name()));
    }
    const bool include = field.Truthy();
    if (field.name() == "_id") {
      projection.keep_id_ = include;
      if (specification.Count() == 1) projection.includes_ = include;
      continue;
    }
    if (decided && include != projection.includes_) {
      return CommandFailure(include ? kInclusionInExclusion : kExclusionInInclusion,
                            std::string("Cannot do ") + (include ? "inclusion" : "exclusion") +
                                " on field " + std::string(field.name()) + " in " +
                                (include ? "exclusion" : "inclusion") + " projection");
    }
    projection.includes_ = include;
    decided = true;
    projection.paths_.emplace_back(field.name());
  }
  return projection;
}

bool Projection::Named(const std::string& path) const {
  return std::find(paths_.begin(), paths_.end(), path) != paths_.end();
}

bool Projection::LeadsTo(const std::string& path) const {
  return std::any_of(paths_.begin(), paths_.end(), [&](const std::string& named) {
    return named.size() > path.size() && named.compare(0, path.size() + 1, path + ".") == 0;
  });
}

std::string Projection::Project(const Document& document, const std::string& prefix) const {
  Builder out;
  for (const Element& field : document) {
    const std::string path = prefix + std::string(field.name());
    if (path == "_id") {
      if (keep_id_) out.Add(field);
      continue;
    }
    if (Named(path)) {
      if (includes_) out.Add(field);
      continue;
    }
    if (!LeadsTo(path)) {
      if (!includes_) out.Add(field);
      continue;
    }
    if (field.Is(BsonType::kObject)) {
      const std::string inner = Project(field.AsDocument(), path + ".");
      out.Add(field.name(), Document(inner));
    } else if (field.Is(BsonType::kArray)) {
      ArrayBuilder elements;
      for (const Element& element : field.AsDocument()) {
        if (!element.Is(BsonType::kObject)) {
          if (!includes_) elements.Add(element);
          continue;
        }
        const std::string inner = Project(element.AsDocument(), path + ".");
        elements.Add(Document(inner));
      }
      const std::string inner = elements.Finish();
      out.Add(field.name(), Array{Document(inner)});
    } else if (!includes_) {
      out.Add(field);
    }
  }
  return out.Finish();
}

std::string Projection::Apply(const Document& document) const {
  return empty() ? document.Copy() : Project(document, "");
}

}  // namespace dbstow::doubles::mongodb
