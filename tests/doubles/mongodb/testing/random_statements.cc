#include "doubles/mongodb/testing/random_statements.h"

#include "doubles/mongodb/bson/builder.h"

namespace dbstow::doubles::mongodb::testing {
namespace {

constexpr int kIds = 30;
constexpr int kCap = 8;

/// `{VERB: name, FIELD: [one]}`
std::string OneOf(std::string_view verb, const std::string& name, std::string_view field,
                  const std::string& one) {
  ArrayBuilder list;
  list.Add(Document(one));
  const std::string array = list.Finish();
  Builder command;
  command.String(verb, name).Add(field, Array{Document(array)});
  return command.Finish();
}

}  // namespace

int RandomStatements::Below(int limit) {
  return static_cast<int>(random_() % static_cast<unsigned>(limit));
}

std::string RandomStatements::AnyName() {
  return std::string(1, static_cast<char>('a' + Below(4)));
}

PlainDocument RandomStatements::AnyDocument() {
  PlainDocument document{.id = Below(kIds)};
  if (Below(3) != 0) document.number = Below(1000);
  if (Below(3) != 0) document.text = std::string(static_cast<std::size_t>(Below(60)), 'x');
  return document;
}

Statement RandomStatements::Draw() {
  const std::string name = AnyName();
  switch (Below(46)) {
    case 0: return Drop(name);
    case 1:
    case 2: return Rename(name);
    case 3:
    case 4: return CreateIndex(name);
    case 5: return DropIndex(name);
    case 6: return CreateCapped(name);
    case 7: return SetValidator(name);
    case 8:
    case 9:
    case 10: return ChangeView();
    case 11:
    case 12: return ChangeUser();
    default: return DrawWrite(name);
  }
}

Statement RandomStatements::DrawWrite(const std::string& name) {
  const int kind = Below(16);
  return kind < 8 ? Insert(name) : kind < 13 ? Update(name) : Delete(name);
}

Statement RandomStatements::Insert(const std::string& name) {
  std::vector<PlainDocument> documents(static_cast<std::size_t>(1 + Below(3)));
  ArrayBuilder list;
  for (PlainDocument& document : documents) {
    document = AnyDocument();
    const std::string encoded = Encode(document);
    list.Add(Document(encoded));
  }
  const std::string array = list.Finish();
  Builder command;
  command.String("insert", name).Add("documents", Array{Document(array)});
  const auto effect = [name, documents](PlainModel& model) {
    PlainCollection& collection = model.collections[name];
    for (const PlainDocument& document : documents) {
      // Ordered: ends here.
      if (collection.Find(document.id) != nullptr || !collection.IsValid(document)) return;
      collection.documents.push_back(document);
      collection.EnforceCap();
    }
  };
  return {kDb, command.Finish(), effect, "insert into " + name};
}

Statement RandomStatements::Update(const std::string& name) {
  const int id = Below(kIds);
  const int amount = Below(100);
  const int kind = Below(4);
  const std::string filter = Builder().Add("_id", id).Finish();
  const std::string text(static_cast<std::size_t>(Below(80)), 'y');
  const PlainDocument replacement{.id = id, .number = amount, .text = text};
  std::string change;
  if (kind == 0) change = Builder().Add("n", std::int64_t{amount}).Finish();
  if (kind == 1) change = Builder().String("t", text).Finish();
  if (kind == 2) change = Builder().Add("t", "").Finish();
  constexpr const char* kOperators[] = {"$inc", "$set", "$unset"};
  const std::string update =
      kind == 3 ? Encode(replacement) : Builder().Add(kOperators[kind], Document(change)).Finish();
  const std::string one = Builder().Add("q", Document(filter)).Add("u", Document(update)).Finish();
  const auto effect = [=](PlainModel& model) {
    const auto collection = model.collections.find(name);
    if (collection == model.collections.end()) return;
    PlainDocument* document = collection->second.Find(id);
    if (document == nullptr) return;
    PlainDocument after = *document;
    if (kind == 0) after.number = after.number.value_or(0) + amount;
    if (kind == 1) after.text = text;
    if (kind == 2) after.text.reset();
    if (kind == 3) after = replacement;
    // What does not change is not checked.
    if (collection->second.IsValid(after)) *document = after;
  };
  return {kDb, OneOf("update", name, "updates", one), effect, "update of " + name};
}

Statement RandomStatements::Delete(const std::string& name) {
  const bool many = Below(4) == 0;
  const int bound = many ? Below(200) : Below(kIds);
  const std::string less = Builder().Add("$lt", bound).Finish();
  const std::string filter =
      many ? Builder().Add("n", Document(less)).Finish() : Builder().Add("_id", bound).Finish();
  const std::string one = Builder().Add("q", Document(filter)).Add("limit", many ? 0 : 1).Finish();
  const auto effect = [=](PlainModel& model) {
    const auto collection = model.collections.find(name);
    if (collection == model.collections.end()) return;
    std::erase_if(collection->second.documents, [&](const PlainDocument& d) {
      return many ? d.number && *d.number < bound : d.id == bound;
    });
  };
  return {kDb, OneOf("delete", name, "deletes", one), effect, "delete from " + name};
}

Statement RandomStatements::CreateCapped(const std::string& name) {
  Builder command;
  command.String("create", name).Add("capped", true).Add("size", 1 << 20).Add("max", kCap);
  return {kDb, command.Finish(), [=](PlainModel& model) { model.collections[name].cap = kCap; },
          "create of " + name};
}

Statement RandomStatements::SetValidator(const std::string& name) {
  const bool none = Below(3) == 0;
  const std::int64_t most = 300 + Below(700);
  const std::string validator = none ? Builder().Finish() : Validator(most);
  Builder command;
  command.String("collMod", name).Add("validator", Document(validator));
  const auto effect = [=](PlainModel& model) {
    const auto collection = model.collections.find(name);
    if (collection == model.collections.end()) return;
    collection->second.most = none ? std::nullopt : std::optional(most);
  };
  return {kDb, command.Finish(), effect, "validator of " + name};
}

Statement RandomStatements::ChangeView() {
  const std::string name(1, static_cast<char>('v' + Below(2)));
  const int kind = Below(3);
  if (kind == 0) {
    return {kDb, Builder().String("drop", name).Finish(),
            [=](PlainModel& model) { model.views.erase(name); }, "drop of " + name};
  }
  // The second may look at the first.
  const PlainView view{name == "w" && Below(3) == 0 ? "v" : AnyName(), Below(800)};
  const std::string pipeline = ViewPipeline(view.least);
  Builder command;
  command.String(kind == 1 ? "create" : "collMod", name)
      .String("viewOn", view.source)
      .Add("pipeline", Array{Document(pipeline)});
  const auto effect = [=](PlainModel& model) {
    if (model.views.count(name) == (kind == 1 ? 0U : 1U)) model.views[name] = view;
  };
  return {kDb, command.Finish(), effect, "view " + name};
}

Statement RandomStatements::ChangeUser() {
  constexpr const char* kRoles[] = {"read", "readWrite", "dbAdmin"};
  const std::string name(1, static_cast<char>('x' + Below(2)));
  const std::string role = kRoles[Below(3)];
  const std::string list = ArrayBuilder().Add(role.c_str()).Finish();
  const int kind = Below(4);
  constexpr const char* kCommands[] = {"createUser", "dropUser", "grantRolesToUser",
                                       "revokeRolesFromUser"};
  Builder command;
  command.String(kCommands[kind], name);
  if (kind == 0) command.Add("pwd", "p");
  if (kind != 1) command.Add("roles", Array{Document(list)});
  const auto effect = [=](PlainModel& model) {
    if (kind == 0) {
      model.users.try_emplace(name, std::set<std::string>{role});
    } else if (kind == 1) {
      model.users.erase(name);
    } else if (model.users.count(name) != 0) {
      if (kind == 2) model.users[name].insert(role);
      if (kind == 3) model.users[name].erase(role);
    }
  };
  return {kDb, command.Finish(), effect, "user " + name};
}

Statement RandomStatements::CreateIndex(const std::string& name) {
  const std::string field = Below(2) == 0 ? "n" : "t";
  const std::string key = Builder().Add(field, 1).Finish();
  const std::string spec =
      Builder().Add("key", Document(key)).String("name", field + "_1").Finish();
  return {kDb, OneOf("createIndexes", name, "indexes", spec),
          [=](PlainModel& model) { model.collections[name].indexes.insert(field + "_1"); },
          "index on " + name};
}

Statement RandomStatements::DropIndex(const std::string& name) {
  const std::string index = Below(2) == 0 ? "n_1" : "t_1";
  Builder command;
  command.String("dropIndexes", name).String("index", index);
  return {kDb, command.Finish(),
          [=](PlainModel& model) { model.collections[name].indexes.erase(index); },
          "drop of an index of " + name};
}

Statement RandomStatements::Drop(const std::string& name) {
  Builder command;
  command.String("drop", name);
  return {kDb, command.Finish(), [=](PlainModel& model) { model.collections.erase(name); },
          "drop of " + name};
}

Statement RandomStatements::Rename(const std::string& from) {
  std::string to = AnyName();
  while (to == from) to = AnyName();
  Builder command;
  command.String("renameCollection", std::string(kDb) + "." + from)
      .String("to", std::string(kDb) + "." + to)
      .Add("dropTarget", true);
  const auto effect = [=](PlainModel& model) {
    if (model.collections.count(from) == 0) return;
    PlainCollection moved = std::move(model.collections[from]);
    model.collections.erase(from);
    model.collections[to] = std::move(moved);
  };
  return {"admin", command.Finish(), effect, "rename of " + from + " to " + to};
}

}  // namespace dbstow::doubles::mongodb::testing
