#include "doubles/mongodb/server/mongodb_double.h"

int main(int argc, char** argv) {
  return dbstow::doubles::RunDouble("mongodb", argc, argv,
                                    dbstow::doubles::mongodb::MongodbDouble::Create);
}
