from settings.places import model_name

print("model", model_name("churn"))
